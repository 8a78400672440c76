// Pages of no browser: all that puppeteer-cluster does with one is to open and to close it.
const page = () => ({ on: () => undefined, close: async () => undefined });
const context = () => ({ newPage: async () => page(), close: async () => undefined });

export const launch = async () => ({
  newPage: async () => page(),
  createBrowserContext: async () => context(),
  close: async () => undefined,
});

export default { launch };
