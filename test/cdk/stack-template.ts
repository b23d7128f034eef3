import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { parseConfig } from '../../cdk/config.ts';
import { PipelineStack } from '../../cdk/pipeline-stack.ts';
import { TemplateView } from './template-view.ts';

/** The template of a stack with this configuration, without bundling (a test of its own does that). */
export class StackTemplate extends TemplateView {
  readonly stack: PipelineStack;
  readonly app: App;

  /**
   * @param config instead of what cdk.json has
   * @param prepare gets the app before anything is in it, for a test that adds a check
   */
  constructor(config: Readonly<Record<string, unknown>> = {}, prepare: (app: App) => void = () => {}) {
    const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };
    const { tdf, ...flags } = context;
    const app = new App({
      context: {
        ...flags,
        'aws:cdk:bundling-stacks': [],
        'aws:cdk:enable-path-metadata': true,
        // It would print them; `annotations` has them.
        '@aws-cdk/core:annotationsInValidationReport': false,
      },
      builtinCloudFormationValidation: false, // The end-to-end tests synthesize with it on.
    });
    prepare(app);
    const stack = new PipelineStack(app, 'Test', { config: parseConfig({ ...(tdf as object), ...config }) });
    super(Template.fromStack(stack).toJSON() as TemplateView['json']);
    this.app = app;
    this.stack = stack;
  }

  /** What synthesis says about the stack. */
  annotations(level: 'info' | 'warning'): string[] {
    return this.stack.node.metadata
      .filter(({ type }) => type === `aws:cdk:${level}`)
      .map(({ data }) => String(data));
  }
}
