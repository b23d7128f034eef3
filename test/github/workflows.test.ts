import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const folder = '.github/workflows';
const workflows = readdirSync(folder).map((name) => ({
  name,
  text: readFileSync(`${folder}/${name}`, 'utf8'),
}));

describe.each(workflows)('the workflow $name', ({ text }) => {
  test('pins every action to a commit and says its version', () => {
    const uses = [...text.matchAll(/\buses: (.*)/g)].map(([, action]) => action);
    expect(uses.length).toBeGreaterThan(0);
    for (const action of uses)
      expect(action).toMatch(/^(\.\/\.github\/\S+|[\w-]+\/[\w-]+@[0-9a-f]{40} # v[\d.]+)$/);
  });

  test('uses no stored secret', () => {
    expect(text).not.toMatch(/secrets\.|access-key|ACCESS_KEY/);
  });

  test('may write nothing but the token for AWS', () => {
    const written = [...text.matchAll(/([\w-]+): write/g)].map(([, permission]) => permission);
    expect(written.filter((permission) => permission !== 'id-token')).toEqual([]);
    expect(text).toMatch(/^permissions:/m);
  });
});

describe('the workflow deploy.yml', () => {
  const text = workflows.find(({ name }) => name === 'deploy.yml')?.text ?? '';
  const jobs = text
    .slice(text.indexOf('\njobs:'))
    .split(/\n(?= {2}\w+:\n)/)
    .slice(1);

  test('skips each job until the variable with its role is set', () => {
    expect(jobs.map((job) => /^ {2}(\w+)/.exec(job)?.[1])).toEqual(['diff', 'test', 'dev', 'prod']);
    for (const job of jobs) expect(job).toMatch(/ {4}if:\s[^#]*?vars\.AWS_(DIFF|DEV|PROD)_ROLE_ARN != ''/);
  });

  test.each([
    ['dev', 'test'],
    ['prod', 'dev'],
  ])('deploys %s in its environment, with its role, after %s', (stage, before) => {
    const job = jobs.find((one) => one.startsWith(`  ${stage}:`));
    expect(job).toContain(`    environment: ${stage}\n`);
    expect(job).toContain(`    needs: ${before}\n`);
    expect(job).toContain(`vars.AWS_${stage.toUpperCase()}_ROLE_ARN }}`);
    expect(job).toMatch(new RegExp(`cdk deploy .*-c stage=${stage}$`, 'm'));
  });

  test('gives pull requests a diff and nothing that deploys', () => {
    const [diff] = jobs;
    expect(diff).toContain('cdk diff --method=template');
    expect(diff).not.toContain('cdk deploy');
    expect(diff).toContain('github.event.pull_request.head.repo.full_name == github.repository');
  });
});
