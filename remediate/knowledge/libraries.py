"""Variables that well-known client libraries look up by themselves, so that project code need not spell them.

`boto3.client("s3")` reads AWS_SECRET_ACCESS_KEY, `withSentryConfig(...)` SENTRY_AUTH_TOKEN: a RUN that starts project code may read these
though no file of the build context names them.
"""

from __future__ import annotations

from remediate.knowledge.globs import matches
from remediate.model import NamedTuple


class LibraryRow(NamedTuple):
    """`names` are globs; `example` is read by the library, `counter` is not."""

    names: tuple[str, ...]
    library: str
    source: str
    example: str
    counter: str


LIBRARIES = (
    LibraryRow(("AWS_*",), "AWS SDKs", "docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html", "AWS_SECRET_ACCESS_KEY", "MY_AWS_KEY"),
    LibraryRow(("AZURE_*", "ARM_*"), "Azure SDKs", "learn.microsoft.com: EnvironmentCredential", "AZURE_CLIENT_SECRET", "MY_AZURE_KEY"),
    LibraryRow(("GOOGLE_*", "GEMINI_API_KEY"), "Google SDKs", "cloud.google.com/docs/authentication", "GOOGLE_API_KEY", "MY_GOOGLE"),
    LibraryRow(("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_*"), "huggingface_hub", "huggingface.co/docs: environment variables", "HF_TOKEN", "HFX_TOKEN"),
    LibraryRow(("OPENAI_*", "ANTHROPIC_*", "MISTRAL_API_KEY", "COHERE_API_KEY", "CO_API_KEY", "REPLICATE_API_TOKEN", "GROQ_API_KEY"), "model clients", "github.com/openai/openai-python", "OPENAI_API_KEY", "MY_OPENAI_KEY"),
    LibraryRow(("WANDB_*", "KAGGLE_*", "COMET_API_KEY", "NEPTUNE_API_TOKEN", "MLFLOW_TRACKING_*"), "experiment trackers", "docs.wandb.ai: environment variables", "WANDB_API_KEY", "XWANDB"),
    LibraryRow(("SENTRY_*",), "Sentry build plugins", "docs.sentry.io/platforms/javascript/sourcemaps", "SENTRY_AUTH_TOKEN", "MY_SENTRY"),
    LibraryRow(("STRIPE_*", "CONTENTFUL_*", "SANITY_*", "PRISMIC_*", "SHOPIFY_*", "ALGOLIA_*", "DATOCMS_*", "STORYBLOK_*", "GHOST_*"), "site generators' sources", "www.gatsbyjs.com/plugins", "CONTENTFUL_ACCESS_TOKEN", "MY_CMS_TOKEN"),
    LibraryRow(("CLERK_*", "AUTH0_*", "NEXTAUTH_SECRET", "AUTH_SECRET", "SUPABASE_*", "FIREBASE_*"), "sign-in libraries", "next-auth.js.org/configuration/options", "NEXTAUTH_SECRET", "MY_AUTH"),
    LibraryRow(("DATABASE_URL", "DATABASE_URI", "MONGODB_URI", "MONGO_URL", "REDIS_URL", "PGPASSWORD", "MYSQL_PWD"), "database layers", "www.prisma.io/docs, dj-database-url", "DATABASE_URL", "MY_DB_URL"),
    LibraryRow(("EXPO_TOKEN", "VERCEL_*", "NETLIFY_*", "TURBO_*", "NX_CLOUD_*", "CODECOV_TOKEN", "COVERALLS_REPO_TOKEN", "SNYK_TOKEN", "SONAR_TOKEN"), "build services", "docs.expo.dev/accounts/programmatic-access", "EXPO_TOKEN", "MY_EXPO"),
    LibraryRow(("DD_API_KEY", "DATADOG_*", "NEW_RELIC_*", "HONEYCOMB_*", "BUGSNAG_*", "ROLLBAR_*"), "telemetry", "docs.datadoghq.com/agent/guide/environment-variables", "DD_API_KEY", "ADD_API_KEYX"),
    LibraryRow(("ARTIFACTORY_*", "NEXUS_*", "MAVEN_*", "ORG_GRADLE_PROJECT_*", "GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN", "JITPACK_TOKEN"), "build scripts' repositories", "docs.gradle.org: project properties", "ORG_GRADLE_PROJECT_password", "MY_REPO"),
    LibraryRow(("TWILIO_*", "SENDGRID_*", "MAILGUN_*", "SLACK_*", "DISCORD_*", "TELEGRAM_*"), "messaging clients", "www.twilio.com/docs/libraries", "SENDGRID_API_KEY", "MY_MAIL_KEY"),
    LibraryRow(("RAILS_MASTER_KEY", "SECRET_KEY_BASE", "DJANGO_SECRET_KEY", "APP_KEY", "LARAVEL_*"), "web frameworks", "guides.rubyonrails.org/security.html", "RAILS_MASTER_KEY", "MY_MASTER"),
)


def some_library_reads(name: str) -> bool:
    """Whether a well-known library looks the variable up by itself."""
    return any(matches(name, glob) for row in LIBRARIES for glob in row.names)
