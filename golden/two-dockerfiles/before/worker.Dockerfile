FROM python:3.12
ARG PIP_EXTRA_INDEX_PASSWORD
COPY requirements.txt .
RUN pip install --extra-index-url "https://ci:${PIP_EXTRA_INDEX_PASSWORD}@pip.example.com/simple" -r requirements.txt
