import { canonicalJson, isList, memberOf, membersOf, sameJson } from '../../../common/json-tools.ts'
import { isJsonObject, type JsonValue } from '../../api/json.ts'
import { fieldSchema, type Structural } from './structural.ts'

/**
 * A value and the one that it replaces, where the schema says which that is (k8s.io/apiserver, pkg/cel/common, CorrelatedObject).
 * What is wrong with a value that has not changed is tolerated.
 */
export class Correlation {
  readonly value: JsonValue
  readonly old: JsonValue
  readonly #schema: Structural | undefined
  readonly #inner = new Map<string | number, Correlation | undefined>()
  #oldByKey: ReadonlyMap<string, JsonValue> | undefined
  #isSame: boolean | undefined

  constructor(value: JsonValue, old: JsonValue, schema: Structural | undefined) {
    this.value = value
    this.old = old
    this.#schema = schema
  }

  /** Nothing has changed, other than the order of items that are known by their keys. */
  get isSame(): boolean {
    this.#isSame ??= this.#compare()
    return this.#isSame
  }

  /** Undefined where the field, or its schema, is not on both sides. */
  field(name: string): Correlation | undefined {
    return this.#known(name, () => {
      const schema = fieldSchema(this.#schema, name)
      const [value, old] = [memberOf(this.value, name), memberOf(this.old, name)]
      return schema && value !== undefined && old !== undefined
        ? new Correlation(value, old, schema)
        : undefined
    })
  }

  /** Only items of lists that are maps have a former self. */
  item(index: number): Correlation | undefined {
    return this.#known(index, () => {
      const { value } = this
      if (!this.#schema?.items || this.#schema.listType !== 'map' || !isList(value) || !isList(this.old))
        return undefined
      this.#oldByKey ??= itemsByKey(this.old, this.#schema.listMapKeys)
      const item = value[index]
      const old = isJsonObject(item) ? this.#oldByKey.get(keyOf(item, this.#schema.listMapKeys)) : undefined
      return item !== undefined && old !== undefined
        ? new Correlation(item, old, this.#schema.items)
        : undefined
    })
  }

  #known(key: string | number, make: () => Correlation | undefined): Correlation | undefined {
    if (!this.#inner.has(key)) this.#inner.set(key, make())
    return this.#inner.get(key)
  }

  #compare(): boolean {
    const { value, old } = this
    if (isList(value) && isList(old)) {
      if (value.length !== old.length) return false
      if (this.#schema?.listType !== 'map') return sameJson(value, old)
      return value.every((_, index) => this.item(index)?.isSame === true)
    }
    if (isJsonObject(value) && isJsonObject(old)) {
      const members = membersOf(value)
      return (
        members.length === membersOf(old).length &&
        members.every(([name]) => this.field(name)?.isSame ?? false)
      )
    }
    return sameJson(value, old)
  }
}

/** The first item of each key. */
export function itemsByKey(list: readonly JsonValue[], keys: readonly string[]): Map<string, JsonValue> {
  const items = new Map<string, JsonValue>()
  for (const item of list) {
    if (!isJsonObject(item)) continue
    const key = keyOf(item, keys)
    if (!items.has(key)) items.set(key, item)
  }
  return items
}

export function keyOf(item: JsonValue, keys: readonly string[]): string {
  return canonicalJson(keys.map((name) => memberOf(item, name) ?? null))
}
