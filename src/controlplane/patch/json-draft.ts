import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { type JsonPointer, listIndex } from './json-pointer.ts'
import { type MutableJsonObject, memberOf, membersOf, setMember } from './members.ts'
import { doesNotApply } from './patch-error.ts'

type Container = MutableJsonObject | JsonValue[]

/**
 * A document that is being changed, step by step, without anybody's objects being touched: each object and list on the way to a
 * change is copied the first time, and changed in place from then on, so that many changes of one large list are cheap.
 *
 * Invariant: an own container is in one place only, and only in own containers.
 */
export class JsonDraft {
  readonly #own = new WeakSet<object>()
  #root: JsonValue

  constructor(document: JsonObject) {
    this.#root = document
  }

  /** As it is by now. The draft is not to be changed any more. */
  get document(): JsonValue {
    return this.#root
  }

  /** Undefined for a member that an object does not have; everything else that is not there is an error. */
  read(pointer: JsonPointer): JsonValue | undefined {
    let value: JsonValue | undefined = this.#root
    for (const token of pointer) value = childOf(value, token)
    return value
  }

  /** Puts a value between the items of a list, or sets a member of an object. */
  add(pointer: JsonPointer, value: JsonValue): void {
    const { container, token } = this.#target(pointer)
    if (!Array.isArray(container)) setMember(container, token, value)
    else if (token === '-') container.push(value)
    else container.splice(listIndex(token, container.length + 1), 0, value)
  }

  /** Puts a value in the place of an item. A member of an object need not have been there. */
  replace(pointer: JsonPointer, value: JsonValue): void {
    if (pointer.length === 0) {
      this.#root = value
      return
    }
    const { container, token } = this.#target(pointer)
    if (Array.isArray(container)) container[listIndex(token, container.length)] = value
    else setMember(container, token, value)
  }

  /** Takes a value out, and gives it back. */
  remove(pointer: JsonPointer): JsonValue {
    const { container, token } = this.#target(pointer)
    const value = childOf(container, token)
    if (value === undefined) throw doesNotApply(`no member ${JSON.stringify(token)}`)
    if (Array.isArray(container)) container.splice(listIndex(token, container.length), 1)
    else delete container[token]
    return value
  }

  /** The container of what is pointed at, to be changed. */
  #target(pointer: JsonPointer): { readonly container: Container; readonly token: string } {
    const token = pointer.at(-1)
    if (token === undefined) throw doesNotApply('the document itself cannot be added, moved or removed')

    let container = this.#owned(this.#root)
    this.#root = container
    for (const step of pointer.slice(0, -1)) {
      const child = this.#owned(childOf(container, step))
      if (Array.isArray(container)) container[listIndex(step, container.length)] = child
      else setMember(container, step, child)
      container = child
    }
    return { container, token }
  }

  #owned(value: JsonValue | undefined): Container {
    if (typeof value !== 'object' || value === null) throw doesNotApply('no object or list on the way')
    if (this.#own.has(value)) return value as Container
    const copy = isJsonObject(value) ? { ...value } : [...value]
    this.#own.add(copy)
    return copy
  }
}

/** A copy that shares nothing. Recursive: the depth is bounded before. */
export function cloneJson(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (!isJsonObject(value)) return value.map(cloneJson)
  const copy: MutableJsonObject = { ...value }
  for (const [name, member] of membersOf(value)) {
    if (typeof member === 'object') setMember(copy, name, cloneJson(member))
  }
  return copy
}

function childOf(value: JsonValue | undefined, token: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null) {
    throw doesNotApply(`nothing is below ${JSON.stringify(token)}'s parent`)
  }
  return isJsonObject(value) ? memberOf(value, token) : value[listIndex(token, value.length)]
}
