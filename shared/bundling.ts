/** How esbuild makes a function's one file. The CDK and the stack that stays up on one computer bundle alike. */
export const bundling = {
  mainFields: ['module', 'main'],
  target: 'node24',
  minify: true,
  // Logs and alarms show the names of error classes.
  keepNames: true,
};
