import type { GroupVersionKind } from '../discovery/index.ts'

export type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch'

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly type: 'string' | 'integer' | 'boolean'
  readonly description: string
}

/** What is sent or answered: a definition, or text. */
export type Content = { readonly definition: string } | 'text'

export interface OperationResponse {
  readonly status: number
  readonly description: string
  readonly content?: Content
}

/** One thing that can be done at a path, as both versions of OpenAPI describe it. */
export interface Operation {
  readonly path: string
  readonly method: Method
  readonly id: string
  readonly tag: string
  readonly description: string
  /** Those of the path, too. */
  readonly parameters: readonly Parameter[]
  readonly body?: { readonly content: Content; readonly required: boolean }
  /** Media types. */
  readonly consumes: readonly string[]
  readonly produces: readonly string[]
  readonly responses: readonly OperationResponse[]
  /** Kubernetes' verb for it, for operations on objects. */
  readonly action?: string
  readonly kind?: GroupVersionKind
}

export interface PathOperations {
  readonly path: string
  /** Those that all operations of the path have. */
  readonly parameters: readonly Parameter[]
  /** With the parameters that are theirs alone. */
  readonly operations: readonly Operation[]
}

/** Gathers operations by path; what all operations of a path have is said once. */
export function groupByPath(operations: readonly Operation[]): PathOperations[] {
  const byPath = new Map<string, Operation[]>()
  for (const operation of operations) {
    const others = byPath.get(operation.path)
    if (others) others.push(operation)
    else byPath.set(operation.path, [operation])
  }
  return [...byPath].map(([path, ofPath]) => {
    const inCommon = commonKeys(ofPath)
    const split = (parameters: readonly Parameter[], common: boolean) =>
      parameters.filter((each) => inCommon.has(keyOf(each)) === common).sort(byName)
    return {
      path,
      parameters: split(ofPath[0]?.parameters ?? [], true),
      operations: ofPath.map((each) => ({ ...each, parameters: split(each.parameters, false) })),
    }
  })
}

/** The definitions that operations send or answer. */
export function definitionsUsedBy(operations: readonly Operation[]): string[] {
  const contents = operations.flatMap(({ body, responses }) => [
    body?.content,
    ...responses.map((each) => each.content),
  ])
  return contents.flatMap((content) =>
    content === undefined || content === 'text' ? [] : [content.definition],
  )
}

function commonKeys(operations: readonly Operation[]): ReadonlySet<string> {
  const counts = new Map<string, number>()
  for (const { parameters } of operations)
    for (const each of parameters) counts.set(keyOf(each), (counts.get(keyOf(each)) ?? 0) + 1)
  return new Set([...counts].filter(([, count]) => count === operations.length).map(([key]) => key))
}

function keyOf(parameter: Parameter): string {
  return `${parameter.in}/${parameter.name}`
}

function byName(one: Parameter, other: Parameter): number {
  if (one.name === other.name) return 0
  return one.name < other.name ? -1 : 1
}
