def call(Map config = [:]) {
    sh "docker build --build-arg NPM_TOKEN=${config.token} -t ${config.name} ."
}
