import { isUtf8 } from 'node:buffer'
import type { Node } from 'yaml'
import { integerOf } from '../../common/exact-json.ts'
import { onDemand } from '../../common/on-demand.ts'
import type { JsonValue } from '../api/json.ts'
import { JsonNumber, type RawJson } from './json-number.ts'
import { MalformedBody } from './malformed-body.ts'
import { type Members, put } from './members.ts'
import { parseJson } from './parse-json.ts'
import { MAX_DEPTH, MAX_STRICT_ERRORS } from './strict-json.ts'
import { firstDocument } from './yaml-document.ts'

const yaml = onDemand<typeof import('yaml')>('yaml')

export interface ParsedYaml {
  readonly value: RawJson
  /** What the strict reading of YAML says of keys that stand twice. */
  readonly duplicates: readonly string[]
}

/** An anchor may stand for a lot; what all aliases of a document stand for is bounded by this. */
const MAX_ALIASED_NODES = 10_000

/**
 * The YAML of a body. What JSON replaces is refused in YAML: bytes that are no UTF-8.
 *
 * @throws MalformedBody
 */
export function readYaml(bytes: Buffer): ParsedYaml {
  if (!isUtf8(bytes)) throw new MalformedBody('yaml: invalid UTF-8')
  return parseYaml(bytes.toString())
}

/**
 * YAML as Kubernetes converts it to JSON: by YAML 1.1, where `y` is a boolean, and only the first document.
 *
 * @throws MalformedBody
 */
export function parseYaml(text: string): ParsedYaml {
  const json = asJson(text)
  if (json) return json
  try {
    return new YamlConversion(text).result()
  } catch (error) {
    if (error instanceof MalformedBody) throw error
    // The parser recurses, so what is nested too deep ends in a RangeError.
    throw new MalformedBody(`yaml: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

/** What clients call YAML is JSON more often than not, which takes a fraction of the time. */
function asJson(text: string): ParsedYaml | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const { value, duplicates } = parseJson(text, { duplicates: true })
    return duplicates.length === 0 ? { value, duplicates: [] } : undefined // YAML has words of its own for those
  } catch (error) {
    if (error instanceof MalformedBody) return undefined
    throw error
  }
}

/** With its keys in order, as Kubernetes answers. */
export function writeYaml(value: JsonValue): string {
  return yaml().stringify(value, {
    version: '1.1',
    sortMapEntries: true,
    indentSeq: false,
    lineWidth: 0,
    aliasDuplicateObjects: false,
  })
}

class YamlConversion {
  readonly #lines = new (yaml().LineCounter)()
  readonly #duplicates: string[] = []
  readonly #anchors = new Map<string, Node>()
  readonly #root: Node | null
  #aliasedNodes = 0
  #aliasDepth = 0

  constructor(text: string) {
    const document = firstDocument(text, this.#lines)
    const error = document.errors[0]
    if (error) {
      throw new MalformedBody(`yaml: line ${this.#lines.linePos(error.pos[0]).line}: ${error.message}`)
    }
    this.#root = document.contents
  }

  result(): ParsedYaml {
    return { value: this.#convert(this.#root, 0), duplicates: this.#duplicates }
  }

  #convert(node: unknown, depth: number): RawJson {
    if (depth > MAX_DEPTH) throw new MalformedBody('yaml: exceeded max depth')
    if (this.#aliasDepth > 0 && ++this.#aliasedNodes > MAX_ALIASED_NODES) {
      throw new MalformedBody('yaml: document contains excessive aliasing')
    }
    if (yaml().isAlias(node)) return this.#alias(node.source, depth)
    if (yaml().isScalar(node)) {
      if (node.anchor) this.#anchors.set(node.anchor, node)
      return scalarValue(node.value)
    }
    if (yaml().isMap(node)) return this.#map(node, depth)
    if (!yaml().isSeq(node)) return null
    if (node.anchor) this.#anchors.set(node.anchor, node)
    return node.items.map((item) => this.#convert(item, depth + 1))
  }

  #alias(name: string, depth: number): RawJson {
    const target = this.#anchors.get(name)
    if (!target) throw new MalformedBody(`yaml: unknown anchor '${name}' referenced`)
    this.#aliasDepth++
    const value = this.#convert(target, depth)
    this.#aliasDepth--
    return value
  }

  #map(node: Node & { items: readonly { key: unknown; value: unknown }[] }, depth: number): RawJson {
    if (node.anchor) this.#anchors.set(node.anchor, node)
    const map: Members<RawJson> = {}
    const merged: Members<RawJson>[] = []
    for (const { key, value } of node.items) {
      if (isMergeKey(key)) {
        merged.push(...this.#mergeSources(value, depth))
        continue
      }
      const name = this.#keyName(key)
      if (Object.hasOwn(map, name)) this.#noteDuplicate(name, key)
      put(map, name, this.#convert(value, depth + 1))
    }
    for (const source of merged) {
      for (const name of Object.keys(source)) {
        if (!Object.hasOwn(map, name)) put(map, name, source[name] as RawJson)
      }
    }
    return map
  }

  #mergeSources(value: unknown, depth: number): Members<RawJson>[] {
    const converted = this.#convert(value, depth + 1)
    const sources = Array.isArray(converted) ? converted : [converted]
    for (const each of sources) {
      if (typeof each !== 'object' || each === null || Array.isArray(each) || each instanceof JsonNumber) {
        throw new MalformedBody('yaml: map merge requires map or sequence of maps as the value')
      }
    }
    return sources as Members<RawJson>[]
  }

  #keyName(key: unknown): string {
    const node = yaml().isAlias(key) ? this.#anchors.get(key.source) : key
    if (yaml().isScalar(node)) {
      if (node.anchor) this.#anchors.set(node.anchor, node)
      const value = scalarValue(node.value)
      if (value instanceof JsonNumber) return value.text
      if (value !== null) return String(value)
    }
    throw new MalformedBody('error converting YAML to JSON: unsupported map key')
  }

  #noteDuplicate(name: string, key: unknown): void {
    if (this.#duplicates.length >= MAX_STRICT_ERRORS) return
    const start = yaml().isScalar(key) ? (key.range?.[0] ?? 0) : 0
    const where = `line ${this.#lines.linePos(start).line}`
    this.#duplicates.push(
      `yaml: unmarshal errors:\n  ${where}: key ${JSON.stringify(name)} already set in map`,
    )
  }
}

function isMergeKey(key: unknown): boolean {
  if (!yaml().isScalar(key)) return false
  return (key.value === '<<' && key.type === 'PLAIN') || typeof key.value === 'symbol'
}

function scalarValue(value: unknown): RawJson {
  if (typeof value === 'bigint') {
    const text = String(value)
    const integer = integerOf(text)
    return String(integer) === text ? integer : new JsonNumber(text)
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new MalformedBody(`json: unsupported value: ${value}`)
    return value + 0
  }
  if (typeof value === 'string') return value.toWellFormed()
  return typeof value === 'boolean' ? value : null
}
