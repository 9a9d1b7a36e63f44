// Runs Jenkinsfiles (the arguments, each in its own folder) without Jenkins: steps are real shells with the environment that the steps
// around them give; credentials have the value of the variable CREDENTIAL.
abstract class Pipeline extends Script {
    LinkedHashMap variables = [:]
    File folder = null

    Map all() { new LinkedHashMap(System.getenv()) + variables }

    def propertyMissing(String name) {
        if (name == 'env' || name == 'params') return new Env(pipeline: this)
        if (name == 'docker') return new Docker(pipeline: this)
        if (name in ['any', 'none', 'scm']) return name
        if (all().containsKey(name)) return all()[name]
        throw new MissingPropertyException(name, getClass())
    }

    def within(Map more, Closure body) {
        def saved = variables
        variables = new LinkedHashMap(variables) + more
        try { body() } finally { variables = saved }
    }

    def sh(String text) { sh(script: text) }
    def sh(Map named) {
        def file = File.createTempFile('step', '.sh')
        file.text = named.script
        def shell = named.script.startsWith('#!') ? named.script.readLines()[0].substring(2).trim().split(' ') as List : ['/bin/sh', '-e']
        def builder = new ProcessBuilder(shell + [file.path]).directory(folder).redirectErrorStream(true)
        builder.environment().putAll(variables.collectEntries { k, v -> [k.toString(), v.toString()] })
        def process = builder.start()
        def out = process.text
        if (process.waitFor() != 0) throw new RuntimeException('a step failed: ' + out)
        return named.returnStdout ? out : null
    }
    def dir(String name, Closure body) {
        def saved = folder
        folder = new File(folder, name)
        try { body() } finally { folder = saved }
    }
    def withCredentials(List bindings, Closure body) { within(bindings.inject([:]) { a, b -> a + b }, body) }
    def withEnv(List texts, Closure body) {
        within(texts.collectEntries { def t = it.toString(); [t.substring(0, t.indexOf('=')), t.substring(t.indexOf('=') + 1)] }, body)
    }
    def string(Map named) { named.variable ? [(named.variable): System.getenv('CREDENTIAL')] : [:] }
    def usernamePassword(Map named) { [(named.usernameVariable): 'user', (named.passwordVariable): System.getenv('CREDENTIAL')] }
    def credentials(String id) { System.getenv('CREDENTIAL') }
    def environment(Closure body) {
        body.delegate = new Expando() {
            void setProperty(String name, Object value) { Pipeline.this.variables[name] = value }
            Object getProperty(String name) { Pipeline.this.propertyMissing(name) }
        }
        body.resolveStrategy = Closure.DELEGATE_FIRST
        body()
    }
    def echo(Object text) { }
    def checkout(Object what) { }
    def methodMissing(String name, Object args) {
        def list = args as List
        if (list && list[-1] instanceof Closure) return list[-1].call()
        return null
    }
}

class Env {
    Pipeline pipeline
    def getProperty(String name) { name == 'pipeline' ? this.@pipeline : this.@pipeline.all()[name] }
    void setProperty(String name, Object value) { name == 'pipeline' ? (this.@pipeline = value) : (this.@pipeline.variables[name] = value) }
}

class Docker {
    Pipeline pipeline
    def build(Object image, Object arguments = '.') { pipeline.sh(script: "docker build -t '${image}' ${arguments}".toString()) }
    def withRegistry(Object... rest) { rest[-1].call() }
}

def configuration = new org.codehaus.groovy.control.CompilerConfiguration()
configuration.scriptBaseClass = Pipeline.name
args.each { path ->
    def file = new File(path)
    def script = new GroovyShell(this.class.classLoader, new Binding(), configuration).parse(file)
    script.setFolder(file.parentFile)
    script.run()
}
