import { readFileSync } from 'node:fs';
import { assemblyDirectory } from '../assembly.ts';

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

/** A synthesized template, as tests look at it. */
export class TemplateView {
  readonly json: {
    Resources: Record<string, Omit<Resource, 'id'>>;
    Parameters?: Record<string, unknown>;
    Outputs?: Record<string, unknown>;
  };

  constructor(json: TemplateView['json']) {
    this.json = json;
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

/** The template of the assembly that all tests share. */
export function assemblyTemplate(): TemplateView {
  return new TemplateView(
    JSON.parse(readFileSync(`${assemblyDirectory()}/TdfWeather.template.json`, 'utf8')),
  );
}
