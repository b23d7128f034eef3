/** Node runs the tests as ES modules (`node --experimental-vm-modules`); swc only strips the types. */
export default {
  testEnvironment: 'node',
  // Many tests wait for processes of their own; jest's default on two cores is one worker.
  maxWorkers: '100%',
  // Processes start and synthesize in some of them, which takes its time on a busy machine.
  testTimeout: 30_000,
  globalSetup: '<rootDir>/test/assembly.ts',
  testSequencer: '<rootDir>/test/slow-first.js',
  testMatch: ['<rootDir>/test/**/!(*.deep).test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2024', parser: { syntax: 'typescript' } } }] },
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/.local'],
};
