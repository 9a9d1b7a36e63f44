# syntax=docker/dockerfile:1
FROM python:3.12
COPY requirements.txt .
RUN --mount=type=secret,id=pip_extra_index_password,env=PIP_EXTRA_INDEX_PASSWORD,required=true pip install --extra-index-url "https://ci:${PIP_EXTRA_INDEX_PASSWORD}@pip.example.com/simple" -r requirements.txt
