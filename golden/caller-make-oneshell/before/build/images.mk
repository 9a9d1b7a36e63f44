image:
	set -euo pipefail
	tag=$$(git rev-parse --short HEAD)
	@docker build -f Dockerfile --build-arg "NPM_TOKEN=$${NPM_TOKEN}" -t "shop:$$tag" .
	docker push "shop:$$tag"
