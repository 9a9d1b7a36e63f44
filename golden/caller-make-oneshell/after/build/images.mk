image:
	set -euo pipefail
	tag=$$(git rev-parse --short HEAD)
	@docker build -f Dockerfile --secret id=npm_token,env=NPM_TOKEN -t "shop:$$tag" .
	docker push "shop:$$tag"
