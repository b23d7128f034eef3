import config from './jest.config.js';

/** What takes long and rarely decides: `npm run test:deep`. */
export default { ...config, testMatch: ['<rootDir>/test/**/*.deep.test.ts'] };
