import type { JsonObject } from '../api/json.ts'
import type { CustomResource } from './custom-definition.ts'
import { customOperations } from './custom-operations.ts'
import { customDefinitions } from './custom-schemas.ts'
import { builtinDefinition, referencedDefinitions } from './definitions.ts'
import { OPENAPI_V3 } from './dialect.ts'
import { CUSTOM_INFO, kubernetesInfo, SECURITY_SCHEMES } from './document-head.ts'
import { definitionsUsedBy, groupByPath, type Operation } from './operation.ts'
import { byKey, joinMembers, type PublishedDocument, publish } from './published-document.ts'
import { inSlices } from './slices.ts'
import { pathItemV3 } from './v3-paths.ts'

const OPENAPI_VERSION = '3.0.0'

interface Definition {
  /** JSON. */
  readonly text: string
  /** The definitions that it refers to. */
  readonly uses: readonly string[]
}

/** Builds the documents of OpenAPI v3, one for each group and version. Keeps the definitions, for most are in many of them. */
export class V3Builder {
  readonly #version: string
  readonly #definitions = new Map<string, Definition>()

  /** @param version of Kubernetes, such as `v1.36.0` */
  constructor(version: string) {
    this.#version = version
  }

  builtin(operations: readonly Operation[]): Promise<PublishedDocument> {
    return this.#build(kubernetesInfo(this.#version), operations, new Map(), {
      securitySchemes: SECURITY_SCHEMES,
    })
  }

  async custom(resources: readonly CustomResource[]): Promise<PublishedDocument> {
    const operations = resources.flatMap(({ definition, version }) => customOperations(definition, version))
    const schemas = await inSlices(resources, ({ definition, version }) =>
      customDefinitions(definition, version, OPENAPI_V3),
    )
    return this.#build(CUSTOM_INFO, operations, new Map(schemas.flat()), {})
  }

  async #build(
    info: JsonObject,
    operations: readonly Operation[],
    own: ReadonlyMap<string, JsonObject>,
    components: JsonObject,
  ): Promise<PublishedDocument> {
    const paths = await inSlices(groupByPath(operations), (each): [string, string] => [
      each.path,
      JSON.stringify(pathItemV3(each)),
    ])
    const schemas = await this.#reachable(definitionsUsedBy(operations), own)
    const others = Object.entries(components).map(([name, value]): [string, string] => [
      name,
      JSON.stringify(value),
    ])
    const text = joinMembers([
      ['openapi', JSON.stringify(OPENAPI_VERSION)],
      ['info', JSON.stringify(info)],
      ['paths', joinMembers(paths.sort(byKey))],
      ['components', joinMembers([['schemas', joinMembers(schemas.sort(byKey))], ...others])],
    ])
    return publish(Buffer.from(text))
  }

  async #reachable(
    roots: readonly string[],
    own: ReadonlyMap<string, JsonObject>,
  ): Promise<[name: string, text: string][]> {
    // A set is gone through in the order of adding, with what is added on the way.
    const names = new Set(roots)
    return inSlices(names, (name): [string, string] => {
      const custom = own.get(name)
      const { text, uses } = custom ? describe(custom) : this.#definition(name)
      for (const each of uses) names.add(each)
      return [name, text]
    })
  }

  #definition(name: string): Definition {
    const known = this.#definitions.get(name)
    if (known) return known
    const made = describe(builtinDefinition(name, OPENAPI_V3))
    this.#definitions.set(name, made)
    return made
  }
}

function describe(schema: JsonObject): Definition {
  return { text: JSON.stringify(schema), uses: referencedDefinitions(schema) }
}
