import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type Config, parseConfig } from '../../cdk/config.ts';
import { PipelineStack } from '../../cdk/pipeline-stack.ts';

/** A resource of the template, with its logical id. */
export interface Resource {
  readonly id: string;
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template's properties are read in many shapes
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
}

/** The template of a stack with this configuration, without bundling (a test of its own does that). */
export class StackTemplate {
  readonly json: {
    Resources: Record<string, Omit<Resource, 'id'>>;
    Parameters?: Record<string, unknown>;
    Outputs?: Record<string, unknown>;
  };
  readonly stack: PipelineStack;
  readonly app: App;

  /** @param prepare gets the app before anything is in it, for a test that adds a check */
  constructor(config: Partial<Config> = {}, prepare: (app: App) => void = () => {}) {
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
    this.app = app;
    prepare(app);
    this.stack = new PipelineStack(app, 'Test', { config: parseConfig({ ...(tdf as object), ...config }) });
    this.json = Template.fromStack(this.stack).toJSON() as StackTemplate['json'];
  }

  ofType(type: string): Resource[] {
    return Object.entries(this.json.Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id, resource]) => ({ id, ...resource }));
  }

  /** The one resource of a type whose construct path has this part, such as `Convert/Queue`. */
  resource(type: string, path: string): Resource {
    const found = this.ofType(type).filter((resource) => `${this.#path(resource.id)}/`.includes(`/${path}/`));
    const [resource, ...others] = found;
    if (!resource || others.length > 0) throw new Error(`${found.length} resources of ${type} at ${path}`);
    return resource;
  }

  /** What synthesis says about the stack. */
  annotations(level: 'info' | 'warning'): string[] {
    return this.stack.node.metadata
      .filter(({ type }) => type === `aws:cdk:${level}`)
      .map(({ data }) => String(data));
  }

  /** Every statement of a function's own role. */
  statementsOf(functionPath: string): { Action: string | string[]; Resource: unknown; Effect: string }[] {
    const role = this.resource('AWS::Lambda::Function', functionPath).Properties.Role['Fn::GetAtt'][0];
    return this.ofType('AWS::IAM::Policy')
      .filter(({ Properties }) =>
        Properties.Roles.some((reference: { Ref: string }) => reference.Ref === role),
      )
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  }

  #path(id: string): string {
    const { Metadata } = this.json.Resources[id] as { Metadata?: { 'aws:cdk:path'?: string } };
    return Metadata?.['aws:cdk:path'] ?? '';
  }
}
