FROM node:20
ARG NPM_TOKEN
WORKDIR /app
COPY package.json ./
RUN npm ci
