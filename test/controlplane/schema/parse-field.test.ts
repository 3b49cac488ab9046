import { describe, expect, it } from 'vitest'
import { type FieldRow, parseField } from '../../../src/controlplane/schema/parse-field.ts'

const types = { isAtomic: (id: string) => id === 'a/v1.Atomic', isList: (id: string) => id === 'a/v1.List' }
const parse = (...row: FieldRow) => parseField(row, types)

describe('a row of the table', () => {
  it('without facts says nothing special', () => {
    expect(parse('names', 1, '[]string')).toEqual({
      name: 'names',
      number: 1,
      type: { kind: 'list', element: { kind: 'scalar', name: 'string' } },
      inline: false,
      pointer: false,
      omitEmpty: false,
      omitZero: false,
      alwaysWritten: false,
      required: false,
      patch: undefined,
      ownership: { kind: 'atomic' },
      default: undefined,
    })
  })

  it('nests lists and maps', () => {
    expect(parse('extra', 1, 'map[string][]a/v1.T').type).toEqual({
      kind: 'map',
      value: { kind: 'list', element: { kind: 'message', id: 'a/v1.T' } },
    })
  })

  it('takes the ownership of a message from its type, or from the field', () => {
    expect(parse('a', 1, 'a/v1.Atomic').ownership).toEqual({ kind: 'atomic' })
    expect(parse('a', 1, 'a/v1.List').ownership).toEqual({ kind: 'atomic' })
    expect(parse('a', 1, 'a/v1.T').ownership).toEqual({ kind: 'separable' })
    expect(parse('a', 1, 'a/v1.T', 'atomic').ownership).toEqual({ kind: 'atomic' })
    expect(parse('a', 1, 'a/v1.Atomic', 'separable').ownership).toEqual({ kind: 'separable' })
  })

  it('has a default of its own, or the zero that Go always writes', () => {
    expect(parse('a', 1, 'int32', 'pointer omitempty default=86400').default).toBe(86400)
    expect(parse('a', 1, 'string', 'required').default).toBe('')
    expect(parse('a', 1, 'bool').default).toBe(false)
    expect(parse('a', 1, 'bytes').default).toBeUndefined()
    expect(parse('a', 1, 'string', 'pointer').default).toBeUndefined()
    expect(parse('a', 1, 'string', 'omitempty').default).toBeUndefined()
    expect(parse('a', 1, 'a/v1.T', 'omitempty').default).toEqual({})
    expect(parse('a', 1, 'time').default).toBeUndefined()
  })

  it.each<[string, FieldRow]>([
    ['unknown fact "optional"', ['a', 1, 'string', 'omitempty optional']],
    ['unknown fact "key=name"', ['a', 1, '[]a/v1.T', 'key=name']],
    ['unknown fact "list=bag"', ['a', 1, '[]string', 'list=bag']],
    ['"list=set" on a field that is no list', ['a', 1, 'string', 'list=set']],
    ['unknown patch strategy "blend"', ['a', 1, '[]string', 'patch=blend']],
    ['unknown type "uint8"', ['a', 1, '[]uint8']],
  ])('is refused: %s', (message, row) => {
    expect(() => parseField(row, types)).toThrow(message)
  })
})
