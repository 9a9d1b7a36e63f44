"""Package managers and build tools of the JavaScript world.

An install reads the registry's settings; a script or a bundler is project code and may read anything (SPEC 3).
"""

from __future__ import annotations

from remediate.knowledge.tools_row import ALL, REGISTRY, ToolRow

_NPM_DOC = "https://github.com/npm/cli/blob/latest/docs/lib/content/using-npm/config.md"
_NPMRC_DOC = "https://github.com/npm/cli/blob/latest/docs/lib/content/configuring-npm/npmrc.md"
_YARN_DOC = "https://yarnpkg.com/configuration/yarnrc"
_PNPM_DOC = "https://pnpm.io/npmrc"
_BUN_DOC = "https://bun.sh/docs/install/npmrc"
_CONFIG = ("NPM_CONFIG_*", "npm_config_*")
_NPM_TOKENS = (
    "NPM_TOKEN", "NODE_AUTH_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "GITHUB_PAT", "GH_PAT", "GITHUB_AUTH_TOKEN", "CI_JOB_TOKEN",
    "CODEARTIFACT_AUTH_TOKEN", "FONTAWESOME_*TOKEN", "*NPM*TOKEN*", "*NPM*AUTH*", "*NPM*PASS*", "*NPMRC*", "NODE_AUTH*",
)  # fmt: skip
_YARN_TOKENS = (*_NPM_TOKENS, "*YARN*TOKEN*", "*YARN*AUTH*")
_NPM_STARTS = ("package.json",)
_BUNDLERS = (
    "vite.config.*", "next.config.*", "nuxt.config.*", "webpack.config.*", "astro.config.*", "svelte.config.*", "vue.config.*",
    "angular.json", "gatsby-config.*", ".env", ".env.production", "rollup.config.*", "Gruntfile.*", "gulpfile.*",
)  # fmt: skip

ROWS: tuple[ToolRow, ...] = (
    # In global mode the project's .npmrc is not read, and a package without a scope comes from the public registry.
    ToolRow(
        "npm install|i|in|ins|add|update|up|upgrade", _NPMRC_DOC, "npm install --global pm2", "npm install --global @acme/cli",
        names=_CONFIG, expands=(".npmrc",), credentials=(".npmrc",), need=("-g", "--global", "--location=global"), unless=("@*",),
    ),
    ToolRow(
        "npm ci|install|i|in|ins|isntall|add|update|up|upgrade|install-test|it|cit|clean-install|install-ci-test|audit|outdated|view|show|info|pack",
        _NPMRC_DOC, "npm ci --omit=dev", "npm cache clean --force",
        names=_CONFIG, convention=_NPM_TOKENS, expands=(".npmrc",), credentials=(".npmrc",), kinds=REGISTRY, starts=_NPM_STARTS,
    ),
    ToolRow(
        "npm publish|unpublish|whoami|login|adduser|owner|dist-tag|access|token|deprecate|ping|search", _NPMRC_DOC, "npm publish --access public", "npm --version",
        names=_CONFIG, convention=_NPM_TOKENS, expands=(".npmrc",), credentials=(".npmrc",), kinds=REGISTRY, starts=_NPM_STARTS,
    ),
    ToolRow(
        "npm run|run-script|rum|test|t|tst|start|stop|restart|exec|x|rebuild|rb|explore|init|create", _NPM_DOC, "npm run build", "npm prune --production",
        names=_CONFIG, convention=_NPM_TOKENS, expands=(".npmrc",), opaque=True, kinds=ALL, starts=(*_NPM_STARTS, *_BUNDLERS),
    ),
    # Even `npm cache clean` reads .npmrc, and npm up to 6 stops when a variable named there is unset.
    ToolRow("npm", _NPMRC_DOC, "npm cache clean --force", "node --version", names=_CONFIG, expands=(".npmrc",), unless=("--version", "-v")),
    ToolRow(
        "yarn install|add|upgrade|up|import|outdated|audit|info|npm|dedupe|set|plugin|version|policies|publish|login", _YARN_DOC, "yarn install --frozen-lockfile", "yarn cache clean",
        names=("YARN_*", *_CONFIG), convention=_YARN_TOKENS, expands=(".yarnrc.yml", ".npmrc", ".yarnrc"),
        credentials=(".yarnrc.yml", ".npmrc", ".yarnrc"), kinds=REGISTRY, starts=_NPM_STARTS,
    ),
    ToolRow(
        "yarn global workspaces|add|upgrade|focus", _YARN_DOC, "yarn global add serve", "yarn global bin",
        names=("YARN_*", *_CONFIG), convention=_YARN_TOKENS, expands=(".yarnrc.yml", ".npmrc", ".yarnrc"),
        credentials=(".yarnrc.yml", ".npmrc", ".yarnrc"), kinds=REGISTRY,
    ),
    ToolRow(
        "yarn workspaces focus", "https://yarnpkg.com/cli/workspaces/focus", "yarn workspaces focus --production", "yarn workspaces list",
        names=("YARN_*", *_CONFIG), convention=_YARN_TOKENS, expands=(".yarnrc.yml", ".npmrc", ".yarnrc"),
        credentials=(".yarnrc.yml", ".npmrc", ".yarnrc"), kinds=REGISTRY, starts=_NPM_STARTS,
    ),
    ToolRow(
        "yarn cache|config|list|why|bin|versions|autoclean|check|link|unlink|remove|rm|prune|licenses|help|owner|tag|logout|unplug|generate-lock-entry",
        _YARN_DOC, "yarn cache clean", "yarn build", names=("YARN_*", *_CONFIG), expands=(".yarnrc.yml", ".npmrc", ".yarnrc"),
    ),
    ToolRow(
        "yarn *", "https://yarnpkg.com/cli/run", "yarn build", "yarn config list", names=("YARN_*", *_CONFIG), convention=_YARN_TOKENS,
        expands=(".yarnrc.yml", ".npmrc", ".yarnrc"), opaque=True, kinds=ALL, starts=(*_NPM_STARTS, *_BUNDLERS),
    ),
    # `yarn` with no word at all installs.
    ToolRow(
        "yarn", "https://yarnpkg.com/cli/install", "yarn --immutable", "yarn --version", names=("YARN_*", *_CONFIG), convention=_YARN_TOKENS,
        expands=(".yarnrc.yml", ".npmrc", ".yarnrc"), credentials=(".yarnrc.yml", ".npmrc", ".yarnrc"), kinds=REGISTRY, starts=_NPM_STARTS,
        unless=("--version", "-v", "--help"),
    ),
    ToolRow(
        "pnpm install|i|add|update|up|upgrade|fetch|import|outdated|audit|publish|login|deploy|install-test|it|dlx", _PNPM_DOC, "pnpm install --frozen-lockfile", "pnpm store prune",
        names=("PNPM_CONFIG_*", "pnpm_config_*", *_CONFIG), convention=_NPM_TOKENS, expands=(".npmrc", "pnpm-workspace.yaml"),
        credentials=(".npmrc",), kinds=REGISTRY, starts=_NPM_STARTS,
    ),
    ToolRow("pnpm store|config|list|ls|why|bin|root|env|setup|prune|remove|rm|link|unlink|licenses|patch|server|cache|help|get|set|c|logout",
            _PNPM_DOC, "pnpm store prune", "pnpm build", names=("PNPM_CONFIG_*", "pnpm_config_*", *_CONFIG), expands=(".npmrc",)),
    ToolRow(
        "pnpm *", "https://pnpm.io/cli/run", "pnpm build", "pnpm config get registry", names=("PNPM_CONFIG_*", "pnpm_config_*", *_CONFIG),
        convention=_NPM_TOKENS, expands=(".npmrc", "pnpm-workspace.yaml"), opaque=True, kinds=ALL, starts=(*_NPM_STARTS, *_BUNDLERS),
    ),
    ToolRow(
        "bun install|i|add|a|update|outdated|publish|audit", _BUN_DOC, "bun install --frozen-lockfile", "bun pm cache rm",
        names=("BUN_CONFIG_*", "BUN_AUTH_TOKEN", *_CONFIG), convention=_NPM_TOKENS, expands=("bunfig.toml", ".npmrc"),
        credentials=("bunfig.toml", ".npmrc"), kinds=REGISTRY, starts=_NPM_STARTS,
    ),
    ToolRow("bun pm|remove|rm|link|unlink|why|init|upgrade", _BUN_DOC, "bun pm cache rm", "bun run build", names=("BUN_CONFIG_*",),
            expands=("bunfig.toml", ".npmrc")),
    ToolRow("bun *", "https://bun.sh/docs/cli/run", "bun run build", "bun pm ls", opaque=True, kinds=ALL, names=("BUN_CONFIG_*",),
            convention=_NPM_TOKENS, starts=(*_NPM_STARTS, *_BUNDLERS)),
    ToolRow("npx", "https://github.com/npm/cli/blob/latest/docs/lib/content/commands/npx.md", "npx lerna bootstrap", "node --version",
            names=_CONFIG, convention=_NPM_TOKENS, expands=(".npmrc",), opaque=True, kinds=ALL, starts=(*_NPM_STARTS, *_BUNDLERS)),
    ToolRow("lerna bootstrap|publish|version", "https://lerna.js.org/docs/api-reference/commands", "lerna bootstrap --hoist", "lerna ls",
            names=("GH_TOKEN", "GITHUB_TOKEN", "GL_TOKEN", *_CONFIG), convention=_NPM_TOKENS, expands=(".npmrc",), credentials=(".npmrc",),
            kinds=REGISTRY, starts=("lerna.json", "package.json")),
    ToolRow("lerna run|exec|clean", "https://lerna.js.org/docs/api-reference/commands", "lerna run build", "lerna ls", opaque=True, kinds=ALL,
            starts=("lerna.json", "package.json", *_BUNDLERS)),
    ToolRow("nx *", "https://nx.dev/reference/environment-variables", "nx build web", "npm --version",
            names=("NX_CLOUD_ACCESS_TOKEN", "NX_CLOUD_AUTH_TOKEN", "NX_CLOUD_*", "NX_*"), opaque=True, kinds=ALL, starts=("nx.json", "project.json", "package.json", *_BUNDLERS)),
    ToolRow("turbo *", "https://turborepo.com/docs/reference/system-environment-variables", "turbo run build", "turbo prune --scope=web",
            names=("TURBO_TOKEN", "TURBO_TEAM", "TURBO_REMOTE_CACHE_SIGNATURE_KEY", "TURBO_*"), opaque=True, kinds=ALL, starts=("turbo.json", "package.json", *_BUNDLERS),
            unless=("prune",)),
    ToolRow("prisma generate", "https://www.prisma.io/docs/orm/reference/environment-variables-reference", "prisma generate", "prisma --version",
            names=("PRISMA_*",), convention=("DATABASE_URL", "DIRECT_URL", "SHADOW_DATABASE_URL"), expands=("schema.prisma", "prisma.config.ts"), starts=("prisma/schema.prisma", "prisma.config.ts")),
    ToolRow("prisma *", "https://www.prisma.io/docs/orm/reference/environment-variables-reference", "prisma migrate deploy", "prisma --version",
            names=("DATABASE_URL", "DIRECT_URL", "SHADOW_DATABASE_URL", "PRISMA_*"), expands=("schema.prisma", "prisma.config.ts"),
            kinds=("db-password", "url-with-credentials"), starts=("prisma/schema.prisma", "prisma.config.ts")),
    ToolRow("drizzle-kit|sequelize|sequelize-cli|typeorm|knex|mikro-orm|node-pg-migrate *", "https://sequelize.org/docs/v6/other-topics/migrations/", "sequelize db:migrate", "npm ls",
            opaque=True, kinds=ALL, names=("DATABASE_URL",), starts=("drizzle.config.*", ".sequelizerc", "knexfile.*", "ormconfig.*", "config/config.*")),
    ToolRow("next|nuxt|vite|webpack|webpack-cli|rollup|gatsby|astro|vue-cli-service|react-scripts|ng|gulp|grunt|parcel|esbuild|tsup|rspack|"
            "storybook|hexo|vitepress|vuepress|docusaurus|remix|expo|eas|ember|ionic|cordova|quasar|craco|jest|mocha|vitest|cypress|playwright|"
            "meteor|brunch|snowpack|broccoli|metalsmith|eleventy|cake|gitbook|umi|svelte-kit|nest|strapi|electron-builder|wrangler|serverless|sls|sst|"
            "semantic-release|release-it|ts-node|tsx|babel-node|ts-node-dev|nodemon|pm2|forever|concurrently|cross-env|dotenv|env-cmd|react-native|tauri|"
            "graphql-codegen|sapper|yo|bower-installer",
            "https://nextjs.org/docs/pages/guides/environment-variables", "vite build", "tsc -p .", opaque=True, kinds=ALL, starts=("package.json", *_BUNDLERS)),
    ToolRow("bower install|update|i", "https://bower.io/docs/config/", "bower install --allow-root", "bower cache clean",
            names=("bower_*",), expands=(".bowerrc",), kinds=("git-token",), credentials=(".netrc", ".git-credentials"), starts=("bower.json", ".bowerrc")),
    ToolRow("vercel|netlify|vc *", "https://vercel.com/docs/cli/global-options", "vercel build", "npm ls", names=("VERCEL_*", "NETLIFY_AUTH_TOKEN", "NETLIFY_*"),
            opaque=True, kinds=ALL, starts=("vercel.json", "netlify.toml", "package.json")),
    ToolRow("node|deno|tsx", "https://nodejs.org/api/process.html#processenv", "node build.js", "npm ls", opaque=True, kinds=ALL,
            unless=("--version", "-v", "--help"), names=("DENO_AUTH_TOKENS",)),
)  # fmt: skip
