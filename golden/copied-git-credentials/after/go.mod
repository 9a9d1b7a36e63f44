module git.example.com/acme/app
