const { withSentryConfig } = require('@sentry/nextjs');
module.exports = withSentryConfig({}, { authToken: process.env.SENTRY_AUTH_TOKEN });
