// generic-pool-create-asks [hang] (generic-pool) - what makes the first browser asks the pool for another one
import genericPool from 'generic-pool';
let n = 0;
const factory = {
  async create() {
    const browser = { id: ++n };
    await null;
    if (browser.id === 1) await copyProfile(browser);
    return browser;
  },
  async destroy() {},
};
const pool = genericPool.createPool(factory, { max: 1, min: 0 });
async function copyProfile(browser) {
  await pool.use(async (other) => {
    browser.profile = other.id;
  });
}
async function main() {
  await pool.use(async (browser) => browser.id);
  console.log('done');
}
setTimeout(() => process.exit(), 3000).unref();
main();
