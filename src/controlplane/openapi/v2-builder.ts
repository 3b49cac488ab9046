import type { JsonObject } from '../api/json.ts'
import { type CustomResource, keyOfResource } from './custom-definition.ts'
import { customOperations } from './custom-operations.ts'
import { customDefinitions } from './custom-schemas.ts'
import { typeOfDefinition } from './definition-names.ts'
import { builtinDefinition, referencedDefinitions } from './definitions.ts'
import { OPENAPI_V2 } from './dialect.ts'
import { kubernetesInfo, SECURITY, SECURITY_SCHEMES } from './document-head.ts'
import { definitionsUsedBy, groupByPath, type Operation, type PathOperations } from './operation.ts'
import { joinMembers, type PublishedDocument, publish } from './published-document.ts'
import { inSlices } from './slices.ts'
import { pathItemV2, type SharedParameters } from './v2-paths.ts'
import { encodeDefinition, encodeDocument, encodePath } from './v2-protobuf.ts'

/** How a document is written: its entries one by one, so that those of built-in resources are written once. */
export interface Writing<T> {
  path(path: string, item: JsonObject): T
  definition(name: string, schema: JsonObject): T
  document(rest: JsonObject, paths: readonly T[], definitions: readonly T[]): Buffer
}

interface Entries<T> {
  readonly paths: readonly T[]
  readonly definitions: readonly T[]
  readonly parameters: SharedParameters
}

type Entry = readonly [name: string, text: string]

export const AS_JSON: Writing<Entry> = {
  path: (path, item) => [path, JSON.stringify(item)],
  definition: (name, schema) => [name, JSON.stringify(schema)],
  document(rest, paths, definitions) {
    const others = Object.entries(rest).map(([name, value]): Entry => [name, JSON.stringify(value)])
    return Buffer.from(
      joinMembers([...others, ['paths', joinMembers(paths)], ['definitions', joinMembers(definitions)]]),
    )
  },
}

export const AS_PROTOBUF: Writing<Buffer> = {
  path: encodePath,
  definition: encodeDefinition,
  document: encodeDocument,
}

/**
 * Builds the one document of OpenAPI v2, in one way of writing it. Keeps the definitions that it wrote last, for a change of one
 * custom resource leaves the others as they were.
 */
export class V2Builder<T> {
  readonly #version: string
  readonly #operations: () => readonly Operation[]
  readonly #writing: Writing<T>
  #builtin: Promise<Entries<T>> | undefined
  #custom: ReadonlyMap<string, readonly T[]> = new Map()

  /** @param version of Kubernetes, such as `v1.36.0` */
  constructor(version: string, operations: () => readonly Operation[], writing: Writing<T>) {
    this.#version = version
    this.#operations = operations
    this.#writing = writing
  }

  async build(resources: readonly CustomResource[]): Promise<PublishedDocument> {
    this.#builtin ??= this.#builtinEntries().catch((reason) => {
      this.#builtin = undefined // the next one tries again
      throw reason
    })
    const builtin = await this.#builtin
    const parameters: SharedParameters = new Map(builtin.parameters)
    const operations = resources.flatMap(({ definition, version }) => customOperations(definition, version))
    const paths = await this.#paths(operations, parameters)
    const known = this.#custom
    const custom = await inSlices(resources, (each): [string, readonly T[]] => {
      const key = keyOfResource(each)
      return [key, known.get(key) ?? this.#customDefinitions(each)]
    })
    this.#custom = new Map(custom)
    const rest = {
      swagger: '2.0',
      info: kubernetesInfo(this.#version),
      parameters: Object.fromEntries(parameters),
      securityDefinitions: SECURITY_SCHEMES,
      security: SECURITY,
    }
    return publish(
      this.#writing.document(
        rest,
        [...builtin.paths, ...paths],
        [...builtin.definitions, ...custom.flatMap(([, entries]) => entries)],
      ),
    )
  }

  async #builtinEntries(): Promise<Entries<T>> {
    const operations = this.#operations()
    const parameters: SharedParameters = new Map()
    const paths = await this.#paths(operations, parameters)
    // A set is gone through in the order of adding, with what is added on the way.
    const names = new Set(definitionsUsedBy(operations))
    const definitions = await inSlices(names, (name) => {
      const schema = builtinDefinition(name, OPENAPI_V2)
      for (const each of referencedDefinitions(schema)) names.add(each)
      return this.#writing.definition(name, schema)
    })
    return { paths, definitions, parameters }
  }

  /** A name that is built in stays with its type. */
  #customDefinitions({ definition, version }: CustomResource): T[] {
    return customDefinitions(definition, version, OPENAPI_V2)
      .filter(([name]) => typeOfDefinition(name) === undefined)
      .map(([name, schema]) => this.#writing.definition(name, schema))
  }

  #paths(operations: readonly Operation[], parameters: SharedParameters): Promise<T[]> {
    return inSlices(groupByPath(operations), (each: PathOperations) =>
      this.#writing.path(each.path, pathItemV2(each, parameters)),
    )
  }
}
