FROM nginx:1.27
COPY package.json /usr/share/nginx/html/
