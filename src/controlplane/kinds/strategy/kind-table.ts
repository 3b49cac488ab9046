import type { Strategy } from '../../registry/index.ts'
import type { SelectableFields } from '../../selectors/index.ts'
import type { BuiltinKind } from '../builtin-kind.ts'

interface Special {
  readonly subresources?: Readonly<Record<string, Strategy>>
  readonly selectableFields?: SelectableFields
}

export type KindEntry = readonly [key: string, kind: BuiltinKind]

/** Says what kinds a version of a group has. */
export class KindTable {
  readonly #group: string
  readonly #version: string

  constructor(group: string, version = 'v1') {
    this.#group = group
    this.#version = version
  }

  namespaced(resource: string, kind: string, strategy: Strategy, special: Special = {}): KindEntry {
    return this.#entry({ resource, kind, namespaced: true, strategy }, special)
  }

  clusterScoped(resource: string, kind: string, strategy: Strategy, special: Special = {}): KindEntry {
    return this.#entry({ resource, kind, namespaced: false, strategy }, special)
  }

  #entry(type: Omit<BuiltinKind['type'], 'group' | 'version'>, special: Special): KindEntry {
    const [group, version] = [this.#group, this.#version]
    const key = group === '' ? type.resource : `${type.resource}.${group}`
    return [key, { type: { group, version, ...type }, ...special }]
  }
}
