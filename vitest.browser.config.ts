import { defineConfig, mergeConfig, type ViteUserConfig } from 'vitest/config';
import base from './vitest.config.ts';

// The page in a real browser: `npm run test:browser`. Needs Chromium, which `npm test` does not.
const config: ViteUserConfig = mergeConfig(base, defineConfig({}));
config.test = { ...config.test, include: ['test/browser/**/*.test.ts'], exclude: [], testTimeout: 30_000 };

export default config;
