import { join } from 'node:path';

/** The root of the clone. */
export const ROOT = join(__dirname, '..', '..');

/** The folder with the package.json and the lock of the n8n that is tested against by default. */
export const N8N_MANIFEST = join(ROOT, 'test', 'e2e', 'n8n');
