// What the HTML page is made of besides TypeScript: tsc does not copy it.
import { cpSync } from 'node:fs';

for (const path of ['page.css', 'client']) {
  const from = new URL(`../reports/html/${path}`, import.meta.url);
  cpSync(from, new URL(`../dist/reports/html/${path}`, import.meta.url), { recursive: true });
}
