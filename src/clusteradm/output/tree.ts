/** A node of a tree as the original draws it: `<name> value`. */
export interface TreeNode {
  readonly name: string
  /** @default '' */
  readonly value?: string | number | boolean
  readonly children?: readonly TreeNode[]
}

/** A node from an object: its keys in their order, objects in it as nodes below. */
export function treeNode(name: string, fields: TreeFields): TreeNode {
  const children = Object.entries(fields).map(([key, value]) =>
    typeof value === 'object' ? treeNode(key, value) : { name: key, value },
  )
  return { name, children }
}

export type TreeFields = { readonly [key: string]: string | number | boolean | TreeFields }

/** Lines of a tree. The original's are in another order at each run; these are in the order given. */
export function renderTree(root: TreeNode): string {
  return [lineOf(root), ...linesBelow(root, '')].map((line) => `${line}\n`).join('')
}

function linesBelow({ children = [] }: TreeNode, indent: string): string[] {
  return children.flatMap((child, index) => {
    const isLast = index === children.length - 1
    return [
      `${indent}${isLast ? '└── ' : '├── '}${lineOf(child)}`,
      ...linesBelow(child, `${indent}${isLast ? '    ' : '│   '}`),
    ]
  })
}

function lineOf({ name, value = '' }: TreeNode): string {
  return `<${name}> ${value}`
}

/** Go's way of writing a list: `[a b]`. */
export function listText(items: readonly string[]): string {
  return `[${items.join(' ')}]`
}
