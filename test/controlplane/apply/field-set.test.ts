import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FieldSet } from '../../../src/controlplane/apply/field-set.ts'
import {
  fieldElement,
  fieldPath,
  keyElement,
  type Path,
  pathText,
  valueElement,
} from '../../../src/controlplane/apply/path-element.ts'
import { fieldSets } from './arbitraries.ts'

const spec = fieldPath('spec')
const replicas = fieldPath('spec', 'replicas')

describe('a set of paths', () => {
  it('has the paths that were put in, and none of their beginnings', () => {
    const set = FieldSet.of(replicas)
    expect(set.has(replicas)).toBe(true)
    expect(set.has(spec)).toBe(false)
    expect(set.has([])).toBe(false)
    expect(FieldSet.of([]).isEmpty).toBe(true)
  })

  it('lists those that end at one step before longer ones, fields before keys before values', () => {
    const set = FieldSet.of(
      [fieldElement('b'), fieldElement('c')],
      [valueElement(2)],
      [valueElement(10)],
      [valueElement('x')],
      [
        keyElement([
          ['port', 80],
          ['name', 'a'],
        ]),
      ],
      [fieldElement('a')],
      [fieldElement('a'), fieldElement('z')],
      [fieldElement('c')],
    )
    expect(texts(set)).toEqual(['.a', '.c', '[name="a",port=80]', '[=2]', '[=10]', '[="x"]', '.a.z', '.b.c'])
  })

  it('sorts names by their bytes in UTF-8', () => {
    const set = FieldSet.of(...['\u{1F600}', '\uFF5E', 'é', 'z', 'Z'].map((name) => fieldPath(name)))
    expect(texts(set)).toEqual(['.Z', '.z', '.é', '.\uFF5E', '.\u{1F600}'])
  })

  it('loses to a difference what is in the other, and to a recursive one what is below that, too', () => {
    const set = FieldSet.of(spec, replicas)
    expect(texts(set.difference(FieldSet.of(spec)))).toEqual(['.spec.replicas'])
    expect(texts(set.difference(FieldSet.of(replicas)))).toEqual(['.spec'])
    expect(set.recursiveDifference(FieldSet.of(spec)).isEmpty).toBe(true)
    expect(texts(set.leaves())).toEqual(['.spec.replicas'])
  })
})

describe('operations on sets of paths', () => {
  const pairs = fc.tuple(fieldSets, fieldSets)

  it('do to paths what they say', () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const [inA, inB] = [new Set(texts(a)), new Set(texts(b))]
        expect(new Set(texts(a.union(b)))).toEqual(new Set([...inA, ...inB]))
        expect(texts(a.intersection(b))).toEqual(texts(a).filter((path) => inB.has(path)))
        expect(texts(a.difference(b))).toEqual(texts(a).filter((path) => !inB.has(path)))
      }),
    )
  })

  it('give equal sets for equal paths, whichever way they came about', () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        expect(a.union(b).equals(b.union(a))).toBe(true)
        expect(a.difference(b).union(a.intersection(b)).equals(a)).toBe(true)
        expect(a.equals(b)).toBe(texts(a).join() === texts(b).join())
        expect(FieldSet.of(...a.paths()).equals(a)).toBe(true)
      }),
    )
  })

  it('leave, recursively, nothing that begins with a path of the other', () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const isUnder = (path: Path) => path.some((_, i) => b.has(path.slice(0, i + 1)))
        const left = [...a.paths()].filter((path) => !isUnder(path)).map(pathText)
        expect(texts(a.recursiveDifference(b))).toEqual(left)
      }),
    )
  })
})

function texts(set: FieldSet): string[] {
  return [...set.paths()].map(pathText)
}
