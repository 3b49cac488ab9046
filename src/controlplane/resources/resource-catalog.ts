import type { GroupInfo } from '../discovery/index.ts'
import type { ServedResource } from './served-resource.ts'

/** Where resources come from that somebody defines while the server runs. */
export interface CustomResources {
  find(group: string, version: string, resource: string): ServedResource | undefined
  groups(): readonly GroupInfo[]
}

/** All that is served: what is built in, and what has been defined. */
export class ResourceCatalog {
  readonly #builtin = new Map<string, ServedResource>()
  readonly #builtinGroups: readonly GroupInfo[]
  readonly #custom: CustomResources
  readonly #infoPaths: ReadonlySet<string>

  constructor(components: {
    readonly builtin: readonly ServedResource[]
    /** With all that is built in, also that which is not kept. */
    readonly groups: readonly GroupInfo[]
    readonly custom: CustomResources
  }) {
    this.#builtinGroups = components.groups
    this.#custom = components.custom
    for (const each of components.builtin)
      this.#builtin.set(keyOf(each.group, each.version, each.resource), each)
    this.#infoPaths = new Set(
      components.groups.flatMap(({ group, versions }) =>
        versions.flatMap(({ version, resources }) =>
          resources.map(({ resource }) => keyOf(group, version, resource)),
        ),
      ),
    )
  }

  find(group: string, version: string, resource: string): ServedResource | undefined {
    return this.#builtin.get(keyOf(group, version, resource)) ?? this.#custom.find(group, version, resource)
  }

  /** Whether there is such a resource, kept or not. */
  has(group: string, version: string, resource: string): boolean {
    return (
      this.#infoPaths.has(keyOf(group, version, resource)) ||
      this.find(group, version, resource) !== undefined
    )
  }

  /** Whether Kubernetes itself has it, whatever may be defined beside. */
  isBuiltinVersion(group: string, version: string): boolean {
    const info = this.#builtinGroups.find((each) => each.group === group)
    return info?.versions.some((each) => each.version === version) === true
  }

  /** For discovery, built-in groups first. */
  groups(): readonly GroupInfo[] {
    return [...this.#builtinGroups, ...this.#custom.groups()]
  }
}

function keyOf(group: string, version: string, resource: string): string {
  return `${group}/${version}/${resource}`
}
