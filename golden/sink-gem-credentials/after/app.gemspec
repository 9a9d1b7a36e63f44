Gem::Specification.new { |s| s.name = 'app'; s.version = '1.0' }
