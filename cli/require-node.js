// Plain JavaScript on purpose: it has to run where TypeScript cannot, to say why.
const needed = 24;
const [major] = process.versions.node.split('.');
if (Number(major) < needed) {
  console.error(
    `This project runs on Node ${needed}, as its Lambda functions do; this is Node ${process.versions.node}.\n` +
      'npm brings the right one along: run `npm ci` (without --ignore-scripts), then use `npm start` and `npm test`.',
  );
  process.exit(1);
}
