# syntax=docker/dockerfile:1
FROM node:20
WORKDIR /app
COPY package.json ./
RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN,required=true npm ci
