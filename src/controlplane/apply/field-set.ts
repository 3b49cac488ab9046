import { compareElements, type Path, type PathElement } from './path-element.ts'

/** One step of the trie: whether the path that ends here is in the set, and which longer ones are. */
export interface FieldNode {
  readonly element: PathElement
  readonly member: boolean
  readonly children: FieldSet
}

/**
 * A set of paths, as a trie. That a path is in it says nothing of its beginnings: who owns `.spec.replicas` need not own
 * `.spec`. The empty path is in no set.
 *
 * Invariant: every node is a member or has members below it, so that sets with the same members are the same tries.
 */
export class FieldSet {
  static readonly EMPTY = new FieldSet([])

  readonly #nodes: ReadonlyMap<string, FieldNode>
  #sorted: readonly FieldNode[] | undefined

  static of(...paths: readonly Path[]): FieldSet {
    const builder = new FieldSetBuilder()
    for (const path of paths) builder.add(path)
    return builder.build()
  }

  /** Of nodes with different elements; those with nothing in them are left out. */
  constructor(nodes: Iterable<FieldNode>) {
    const kept = new Map<string, FieldNode>()
    for (const node of nodes) {
      if (node.member || !node.children.isEmpty) kept.set(node.element.id, node)
    }
    this.#nodes = kept
  }

  get isEmpty(): boolean {
    return this.#nodes.size === 0
  }

  /** In the order of Kubernetes. */
  get nodes(): readonly FieldNode[] {
    this.#sorted ??= [...this.#nodes.values()].sort((a, b) => compareElements(a.element, b.element))
    return this.#sorted
  }

  has(path: Path): boolean {
    const last = path.at(-1)
    if (!last) return false
    const parent = path.slice(0, -1).reduce<FieldSet>((set, element) => set.below(element), this)
    return parent.hasMember(last)
  }

  hasMember(element: PathElement): boolean {
    return this.#nodes.get(element.id)?.member ?? false
  }

  /** What there is below one step. */
  below(element: PathElement): FieldSet {
    return this.#nodes.get(element.id)?.children ?? FieldSet.EMPTY
  }

  union(other: FieldSet): FieldSet {
    if (other.isEmpty || other === this) return this
    if (this.isEmpty) return other
    const nodes = new Map(this.#nodes)
    for (const [id, theirs] of other.#nodes) {
      const ours = nodes.get(id)
      if (!ours) nodes.set(id, theirs)
      else {
        const { element } = ours
        const member = ours.member || theirs.member
        nodes.set(id, { element, member, children: ours.children.union(theirs.children) })
      }
    }
    return new FieldSet(nodes.values())
  }

  intersection(other: FieldSet): FieldSet {
    return this.map(({ element, member, children }) => {
      const theirs = other.#nodes.get(element.id)
      if (!theirs) return undefined
      return { element, member: member && theirs.member, children: children.intersection(theirs.children) }
    })
  }

  /** Without the paths of the other set; what lies below them stays. */
  difference(other: FieldSet): FieldSet {
    return this.map((node) => {
      const theirs = other.#nodes.get(node.element.id)
      if (!theirs) return node
      const { element, member, children } = node
      return { element, member: member && !theirs.member, children: children.difference(theirs.children) }
    })
  }

  /** Without the paths of the other set and all that lies below them. */
  recursiveDifference(other: FieldSet): FieldSet {
    return this.map((node) => {
      const theirs = other.#nodes.get(node.element.id)
      if (!theirs) return node
      if (theirs.member) return undefined
      return { ...node, children: node.children.recursiveDifference(theirs.children) }
    })
  }

  /** The paths that no other one begins with. */
  leaves(): FieldSet {
    return this.map(({ element, member, children }) => ({
      element,
      member: member && children.isEmpty,
      children: children.leaves(),
    }))
  }

  equals(other: FieldSet): boolean {
    if (this === other) return true
    if (this.#nodes.size !== other.#nodes.size) return false
    for (const [id, { member, children }] of this.#nodes) {
      const theirs = other.#nodes.get(id)
      if (!theirs || theirs.member !== member || !theirs.children.equals(children)) return false
    }
    return true
  }

  /** All paths: at each step first those that end there, and then the longer ones. */
  *paths(before: Path = []): Generator<Path> {
    for (const { element, member } of this.nodes) {
      if (member) yield [...before, element]
    }
    for (const { element, children } of this.nodes) yield* children.paths([...before, element])
  }

  /** The set of other nodes in the place of these, of the same elements, or of none. */
  map(change: (node: FieldNode) => FieldNode | undefined): FieldSet {
    const changed: FieldNode[] = []
    for (const node of this.#nodes.values()) {
      const next = change(node)
      if (next) changed.push(next)
    }
    return new FieldSet(changed)
  }
}

/** A set in the making. */
export class FieldSetBuilder {
  readonly #root = new Map<string, Draft>()

  add(path: Path): void {
    let level = this.#root
    for (const [i, element] of path.entries()) {
      let draft = level.get(element.id)
      if (!draft) {
        draft = { element, member: false, children: new Map() }
        level.set(element.id, draft)
      }
      if (i === path.length - 1) draft.member = true
      level = draft.children
    }
  }

  build(): FieldSet {
    return freeze(this.#root)
  }
}

interface Draft {
  readonly element: PathElement
  member: boolean
  readonly children: Map<string, Draft>
}

function freeze(drafts: ReadonlyMap<string, Draft>): FieldSet {
  if (drafts.size === 0) return FieldSet.EMPTY
  const nodes = [...drafts.values()].map(({ element, member, children }) => ({
    element,
    member,
    children: freeze(children),
  }))
  return new FieldSet(nodes)
}
