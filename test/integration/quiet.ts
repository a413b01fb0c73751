// n8n logs every failing node; here they fail on purpose.
process.env.N8N_LOG_LEVEL = 'silent';
