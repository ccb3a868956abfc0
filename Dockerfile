# docker build -t youju . && docker run --rm -v youju:/var/lib/youju -it youju user add boss --role admin
# docker run -p 127.0.0.1:7860:7860 -v youju:/var/lib/youju -v ./corpus:/corpus:ro youju
FROM python:3.11-slim
RUN useradd --system --create-home --home-dir /var/lib/youju youju
WORKDIR /opt/youju
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY rag rag
COPY ui ui
# without a GPU, name here the index that has torch built for the CPU: any other brings gigabytes
ARG PIP_EXTRA_INDEX_URL=
RUN pip install --no-cache-dir --constraint constraints.txt .
USER youju
WORKDIR /var/lib/youju
ENV RAG_HOST=0.0.0.0 RAG_CORPUS=/corpus RAG_INDEX=/var/lib/youju/index RAG_DATA=/var/lib/youju/data
VOLUME /var/lib/youju
EXPOSE 7860
HEALTHCHECK CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/health', timeout=5)"]
ENTRYPOINT ["rag"]
CMD ["serve"]
