import { defineConfig, type ViteUserConfig } from 'vitest/config';

// A list given here replaces vite's defaults for servers instead of adding to them, so they are repeated.
const conditions = ['dept:source', 'module', 'node', 'development|production'];

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    // These need a browser: npm run test:browser.
    exclude: ['**/node_modules/**', 'test/browser/**'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 5_000,
  },
});

export default config;
