import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import { decodeBody } from '../../../src/controlplane/codec/index.ts'
import { type BuiltinKind, builtinKinds } from '../../../src/controlplane/kinds/index.ts'
import {
  applyMergePatch,
  applyStrategicMergePatch,
  builtinMergeType,
} from '../../../src/controlplane/patch/index.ts'
import { decodeItem, type KubeObject, ObjectRegistry } from '../../../src/controlplane/registry/index.ts'
import { typeOfKind } from '../../../src/controlplane/schema/builtin-types.ts'
import { MemoryJournal, ObjectStore } from '../../../src/controlplane/storage/index.ts'

export const NOW = Date.parse('2026-11-22T11:56:12Z')
const KINDS = builtinKinds(() => NOW)
const NAMESPACE = 'rec'

export type Answer = JsonObject

export function kindNamed(key: string): BuiltinKind {
  const kind = KINDS.get(key)
  if (!kind) throw new Error(`there is no kind ${key}`)
  return kind
}

/** Writes objects of one kind as a server does: reads a body, fills in, checks and keeps it. Answers what a client would get. */
export class KindWriter {
  readonly #kind: BuiltinKind
  readonly #store: ObjectStore
  readonly #registry: ObjectRegistry

  private constructor(kind: BuiltinKind, store: ObjectStore) {
    this.#kind = kind
    this.#store = store
    this.#registry = new ObjectRegistry({ store }, { now: () => NOW })
  }

  static async open(key: string): Promise<KindWriter> {
    return new KindWriter(kindNamed(key), await ObjectStore.open(new MemoryJournal()))
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  create(body: unknown, change = (object: KubeObject): KubeObject => object): Promise<Answer> {
    const { type } = this.#kind
    return this.#answer(async () => {
      const object = change(type.strategy.withDefaults(this.#read(body)))
      return decodeItem(await this.#registry.create(type, object))
    })
  }

  /** Replaces the object by what `change` makes of it. */
  update(name: string, change: (old: KubeObject) => unknown, subresource = ''): Promise<Answer> {
    const { type, subresources = {} } = this.#kind
    const strategy = subresource === '' ? type.strategy : subresources[subresource]
    if (!strategy) throw new Error(`there is no subresource ${subresource}`)
    const target = { namespace: type.namespaced ? NAMESPACE : '', name }
    return this.#answer(async () => {
      const item = await this.#registry.update({ ...type, strategy }, target, (old) =>
        strategy.withDefaults(this.#read(change(old))),
      )
      return decodeItem(item)
    })
  }

  merge(name: string, patch: JsonValue, subresource?: string): Promise<Answer> {
    return this.update(name, (old) => applyMergePatch(old, patch), subresource)
  }

  strategicMerge(name: string, patch: JsonValue): Promise<Answer> {
    const { kind } = this.#kind.type
    const mergeType = builtinMergeType(typeOfKind(this.#apiVersion, kind) as string)
    return this.update(name, (old) => applyStrategicMergePatch(old, patch, mergeType))
  }

  get #apiVersion(): string {
    const { group, version } = this.#kind.type
    return group === '' ? version : `${group}/${version}`
  }

  #read(body: unknown): KubeObject {
    const { kind, namespaced } = this.#kind.type
    const bytes = Buffer.from(JSON.stringify(body))
    const { object } = decodeBody(bytes, 'application/json', { kind, apiVersion: this.#apiVersion })
    const read = object as KubeObject
    return namespaced ? { ...read, metadata: { ...read.metadata, namespace: NAMESPACE } } : read
  }

  async #answer(write: () => Promise<KubeObject>): Promise<Answer> {
    try {
      return await write()
    } catch (error) {
      if (error instanceof StatusError) return error.toStatus()
      throw error
    }
  }
}

/** The causes of a refusal, one text each; none when it was none. */
export function causesOf(answer: Answer): string[] {
  const details = answer.details as { causes?: { field: string; message: string }[] } | undefined
  return (details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`)
}

/** What is wrong with a new object of a kind, as `causesOf` has it. */
export async function causesOfCreating(key: string, body: object): Promise<string[]> {
  const writer = await KindWriter.open(key)
  try {
    return causesOf(await writer.create(body))
  } finally {
    await writer.close()
  }
}

/** What becomes of a new object of a kind. */
export async function createdAs(key: string, body: object): Promise<Answer> {
  const writer = await KindWriter.open(key)
  try {
    return await writer.create(body)
  } finally {
    await writer.close()
  }
}

/** What is wrong with merging a patch into an object that is there. */
export async function causesOfMerging(
  key: string,
  body: { readonly metadata: { readonly name: string } },
  patch: JsonValue,
  subresource?: string,
): Promise<string[]> {
  const writer = await KindWriter.open(key)
  try {
    const created = await writer.create(body)
    if (created.kind === 'Status') throw new Error(JSON.stringify(created))
    return causesOf(await writer.merge(body.metadata.name, patch, subresource))
  } finally {
    await writer.close()
  }
}
