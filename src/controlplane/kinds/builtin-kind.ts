import type { ResourceType, Strategy } from '../registry/index.ts'
import type { SelectableFields } from '../selectors/index.ts'

/** What is special about a built-in resource. */
export interface BuiltinKind {
  /** In the version in which its objects are kept. */
  readonly type: ResourceType
  /** What a write to `/status`, or to another subresource of the same kind (`approval`, `finalize`), does; by its name. */
  readonly subresources?: Readonly<Record<string, Strategy>>
  /** @default those of metadata */
  readonly selectableFields?: SelectableFields
}
