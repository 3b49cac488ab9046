import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { applyStrategicMergePatch, type MergeType } from '../../../src/controlplane/patch/index.ts'
import { deployment, pod, service, serviceAccount } from './merge-types.ts'

type Case = [name: string, object: JsonObject, patch: JsonObject, patched: JsonObject]

const a = { name: 'a', image: 'a:1' }
const b = { name: 'b', image: 'b:1' }
const c = { name: 'c', image: 'c:1' }

const objects: Case[] = [
  ['sets and replaces members', { x: 1 }, { x: 2, y: 3 }, { x: 2, y: 3 }],
  [
    'removes by null',
    { metadata: { labels: { x: '1', y: '2' } } },
    { metadata: { labels: { x: null } } },
    { metadata: { labels: { y: '2' } } },
  ],
  ['leaves no null behind', {}, { metadata: { labels: { x: null } } }, { metadata: { labels: {} } }],
  [
    'merges objects of any form',
    { spec: { nodeSelector: { x: '1' } } },
    { spec: { nodeSelector: { y: '2' } } },
    { spec: { nodeSelector: { x: '1', y: '2' } } },
  ],
  [
    'takes another kind of value as it is',
    { spec: { nodeSelector: { x: '1' } } },
    { spec: { nodeSelector: [1, null] } },
    { spec: { nodeSelector: [1, null] } },
  ],
  [
    'replaces an object that is marked so',
    { metadata: { labels: { x: '1' } } },
    { metadata: { labels: { $patch: 'replace', y: '2', z: null } } },
    { metadata: { labels: { y: '2' } } },
  ],
  [
    'empties an object that is marked so',
    { metadata: { labels: { x: '1' } } },
    { metadata: { labels: { $patch: 'delete', y: '2' } } },
    { metadata: { labels: {} } },
  ],
  [
    'leaves out what is marked and not there',
    {},
    { metadata: { labels: { $patch: 'delete' }, annotations: { $patch: 'replace', x: '1' } } },
    { metadata: {} },
  ],
  ['replaces everything', { x: 1 }, { $patch: 'replace', y: 2 }, { y: 2 }],
  ['deletes everything', { x: 1 }, { $patch: 'delete', y: 2 }, {}],
  [
    'retains keys',
    { metadata: { labels: { x: '1', y: '2' } } },
    { metadata: { labels: { $retainKeys: ['y', 'z'], z: '3', q: null } } },
    { metadata: { labels: { y: '2', z: '3' } } },
  ],
  [
    'makes no member of a directive',
    {},
    {
      metadata: {
        $retainKeys: ['labels'],
        '$setElementOrder/finalizers': ['x'],
        '$deleteFromPrimitiveList/finalizers': ['y'],
        labels: {},
      },
    },
    { metadata: { labels: {} } },
  ],
]

const lists: Case[] = [
  [
    'merges items by their key',
    podWith(a, b),
    podWith({ name: 'b', image: 'b:2' }),
    podWith(a, { name: 'b', image: 'b:2' }),
  ],
  ['puts new items first', podWith(a, b), podWith(c), podWith(c, a, b)],
  [
    'brings the items of the patch in their order',
    podWith(a, b, c),
    podWith({ name: 'c' }, { name: 'a' }),
    podWith(b, c, a),
  ],
  ['deletes items', podWith(a, b, a), podWith({ name: 'a', $patch: 'delete' }), podWith(b)],
  [
    'deletes and adds again',
    podWith(a, b),
    podWith({ name: 'a', $patch: 'delete' }, { name: 'a', image: 'a:2' }),
    podWith({ name: 'a', image: 'a:2' }, b),
  ],
  ['deletes what is not there', podWith(a), podWith({ name: 'b', $patch: 'delete' }), podWith(a)],
  ['replaces a list', podWith(a, b), podWith(c, { $patch: 'replace' }, b), podWith(c, b)],
  ['empties a list', podWith(a, b), podWith({ $patch: 'replace' }), podWith()],
  [
    'merges the first of duplicates',
    podWith(a, a),
    podWith({ name: 'a', image: 'a:2' }),
    podWith({ name: 'a', image: 'a:2' }, a),
  ],
  [
    'merges duplicates of the patch',
    podWith(b),
    podWith({ name: 'a', image: 'a:1' }, { name: 'a', args: [] }),
    podWith({ ...a, args: [] }, b),
  ],
  ['keeps duplicates of a new list', { spec: {} }, podWith(a, a), podWith(a, a)],
  [
    'takes a new list without its directives',
    { spec: {} },
    podWith(a, { name: 'b', $patch: 'delete' }),
    podWith(a),
  ],
  [
    'takes a new item without its directives',
    podWith(a),
    podWith({ ...b, env: [{ $patch: 'replace' }], args: null }),
    podWith({ ...b, env: [] }, a),
  ],
  ['keeps a list for an empty one', podWith(a), podWith(), podWith(a)],
  [
    'goes into items',
    podWith({ ...a, env: [{ name: 'X', value: '1' }] }),
    podWith({ name: 'a', env: [{ name: 'Y' }, { name: 'X', value: null }] }),
    podWith({ ...a, env: [{ name: 'Y' }, { name: 'X' }] }),
  ],
  [
    'retains keys of items',
    podWith({ ...a, args: ['x'] }),
    podWith({ name: 'a', $retainKeys: ['name', 'args'] }),
    podWith({ name: 'a', args: ['x'] }),
  ],
  [
    'replaces lists without a strategy',
    podWith({ ...a, args: ['x', 'y'] }),
    podWith({ name: 'a', args: ['z'] }),
    podWith({ ...a, args: ['z'] }),
  ],
  [
    'tells keys of different types apart',
    { spec: { containers: [{ name: 1 }] } },
    podWith({ name: '1' }),
    { spec: { containers: [{ name: '1' }, { name: 1 }] } },
  ],
]

const orders: Case[] = [
  ['orders what is there', podWith(a, b, c), ordered(['c', 'b', 'a']), podWith(c, b, a)],
  ['orders what is merged', podWith(a, b), ordered(['b', 'c', 'a'], c), podWith(b, c, a)],
  ['orders a new list', { spec: {} }, ordered(['a', 'b'], a, b), podWith(a, b)],
  ['makes no list out of an order', { spec: {} }, ordered(['a']), { spec: {} }],
  ['needs not have all that is ordered', podWith(a), ordered(['x', 'a', 'y']), podWith(a)],
  ['keeps others before what they came before', podWith(c, a, b), ordered(['a', 'b']), podWith(c, a, b)],
  ['keeps others between', podWith(a, c, b), ordered(['a', 'b']), podWith(a, c, b)],
  ['keeps others behind', podWith(a, b, c), ordered(['b', 'a']), podWith(b, a, c)],
  ['keeps the order of others', podWith(c, b, a), ordered(['a']), podWith(c, b, a)],
  [
    'does not count deletions',
    podWith(a, b, c),
    ordered(['c', 'a'], { name: 'b', $patch: 'delete' }),
    podWith(c, a),
  ],
  ['orders a replaced list', podWith(a, b), ordered(['c', 'a'], c, a, { $patch: 'replace' }), podWith(c, a)],
  ['deletes from a new list', { spec: {} }, ordered(['a'], a, { name: 'b', $patch: 'delete' }), podWith(a)],
  ['puts what the order does not know to where it was', podWith(a, b), ordered([], c), podWith(c, a, b)],
]

const primitives: Case[] = [
  ['adds texts to a list, once', finalizers('x', 'y'), finalizers('z', 'y', 'z'), finalizers('z', 'x', 'y')],
  ['removes duplicates', finalizers('x', 'x'), finalizers('y'), finalizers('y', 'x')],
  [
    'deletes texts',
    finalizers('x', 'y', 'x'),
    { metadata: { '$deleteFromPrimitiveList/finalizers': ['x', 'z'] } },
    finalizers('y'),
  ],
  [
    'deletes nothing from what is not there',
    { metadata: {} },
    { metadata: { '$deleteFromPrimitiveList/finalizers': ['x'] } },
    { metadata: {} },
  ],
  [
    'deletes from lists without a strategy too',
    { spec: { tolerations: [1, 2] } },
    { spec: { '$deleteFromPrimitiveList/tolerations': [1] } },
    { spec: { tolerations: [2] } },
  ],
  [
    'adds, deletes and orders',
    finalizers('x', 'y', 's'),
    {
      metadata: {
        finalizers: ['z'],
        '$deleteFromPrimitiveList/finalizers': ['x'],
        '$setElementOrder/finalizers': ['z', 'y'],
      },
    },
    finalizers('z', 'y', 's'),
  ],
  [
    'orders texts',
    finalizers('x', 'y', 'z'),
    { metadata: { '$setElementOrder/finalizers': ['z', 'x'] } },
    finalizers('y', 'z', 'x'),
  ],
]

const refused: [name: string, object: JsonObject, patch: JsonValue, message: string][] = [
  ['a list', {}, [], 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
  ['a text', {}, 'x', 'json: cannot unmarshal string into Go value of type map[string]interface {}'],
  [
    'an item without its key',
    podWith(a),
    podWith({ image: 'x', ports: [80, null] }),
    'map: map[image:x ports:[80 <nil>]] does not contain declared merge key: name',
  ],
  [
    'an item whose key is null',
    podWith(a),
    podWith({ name: null }),
    'map: map[name:<nil>] does not contain declared merge key: name',
  ],
  [
    'an item whose key is an object',
    podWith(a),
    podWith({ name: { x: 1 } }),
    'map: map[name:map[x:1]] does not contain declared merge key: name',
  ],
  [
    'a deletion without its key',
    podWith(a),
    podWith({ $patch: 'delete' }),
    'map: map[$patch:delete] does not contain declared merge key: name',
  ],
  [
    'a replaced list with an item without its key',
    podWith(a),
    podWith({ $patch: 'replace' }, {}),
    'map: map[] does not contain declared merge key: name',
  ],
  [
    'an object with an item without its key',
    { spec: { containers: [{}] } },
    podWith(a),
    'map: map[] does not contain declared merge key: name',
  ],
  [
    'items of different kinds',
    podWith(a),
    { spec: { containers: ['b'] } },
    'list element types are not identical: [[map[image:a:1 name:a]] [b]]',
  ],
  [
    'items that are null',
    podWith(a),
    { spec: { containers: [null] } },
    'list element types are not identical: [[map[image:a:1 name:a]] [<nil>]]',
  ],
  [
    'texts where objects belong',
    { spec: { containers: [] } },
    { spec: { containers: ['b'] } },
    'expected a map[string]interface {}, but received a string',
  ],
  [
    'objects in a list of texts',
    { metadata: { finalizers: [] } },
    { metadata: { finalizers: [{ x: 1 }] } },
    'cannot merge lists without merge key for struct',
  ],
  [
    'a merge of a list',
    podWith(a),
    podWith({ $patch: 'merge' }),
    'merging lists cannot yet be specified in the patch',
  ],
  [
    'a merge of an object',
    { metadata: {} },
    { metadata: { $patch: 'merge', x: 1 } },
    'unknown patch type: merge in map: map[$patch:merge x:1]',
  ],
  [
    'an unknown directive',
    podWith(a),
    podWith({ $patch: 'x' }),
    'unknown patch type: x in map: map[$patch:x]',
  ],
  ['keys to retain that are no list', {}, { $retainKeys: 'x' }, 'invalid patch format of retainKeys'],
  [
    'a member that is not to be retained',
    {},
    { $retainKeys: ['x'], y: 1 },
    'invalid patch format of retainKeys',
  ],
  ['an order of nothing', {}, { $setElementOrder: [] }, 'invalid patch format of setElementOrder list'],
  [
    'a deletion from nothing',
    {},
    { $deleteFromPrimitiveListx: [] },
    'invalid patch format of primitive list',
  ],
  [
    'a deletion of a text',
    {},
    { '$deleteFromPrimitiveList/x': 'x' },
    'invalid patch format of primitive list',
  ],
  [
    'a deletion of objects',
    finalizers('x'),
    { metadata: { '$deleteFromPrimitiveList/finalizers': [{}] } },
    'invalid patch format of primitive list',
  ],
  [
    'an order that is no list',
    podWith(a),
    { spec: { '$setElementOrder/containers': 'a' } },
    'expected a []interface {}, but received a string',
  ],
  [
    'an order of what is no list',
    { spec: { containers: { x: 1 } } },
    ordered(['a']),
    'expected a []interface {}, but received a map[string]interface {}',
  ],
  [
    'an ordered null',
    podWith(a),
    { spec: { ...spec(ordered(['a'])), containers: null } },
    'expected a []interface {}, but received a <nil>',
  ],
  [
    'an order of objects without keys',
    { spec: { tolerations: [{ key: 'x' }] } },
    { spec: { '$setElementOrder/tolerations': [{ key: 'x' }] } },
    'invalid patch format of setElementOrder list',
  ],
  [
    'an order without keys',
    podWith(a),
    { spec: { '$setElementOrder/containers': [{}] } },
    'map: map[] does not contain declared merge key: name',
  ],
  [
    'a patch in another order',
    podWith(a),
    ordered(['b', 'a'], a, b),
    "The order in patch list:\n[map[image:a:1 name:a] map[image:b:1 name:b]]\n doesn't match $setElementOrder list:\n[map[name:b] map[name:a]]\n",
  ],
  [
    'a patch with more than its order',
    podWith(a),
    ordered(['a'], a, b),
    "The order in patch list:\n[map[image:a:1 name:a] map[image:b:1 name:b]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
  ],
  [
    'a field that there is not',
    { spec: { extra: {} } },
    { spec: { extra: {} } },
    'unable to find api field in struct PodSpec for the json field "extra"',
  ],
  [
    'an order of a field that there is not',
    { spec: {} },
    { spec: { '$setElementOrder/constructor': [] } },
    'unable to find api field in struct PodSpec for the json field "constructor"',
  ],
]

describe('strategic merge patch', () => {
  it.each([...objects, ...lists, ...orders, ...primitives])('%s', (_, object, patch, patched) => {
    expect(applyStrategicMergePatch(object, patch, pod)).toEqual(patched)
  })

  it.each(refused)('refuses %s', (_, object, patch, message) => {
    const expected = expect.objectContaining({ reason: 'BadRequest', message })
    expect(() => applyStrategicMergePatch(object, patch, pod)).toThrow(expected)
  })

  it('has no lists of lists', () => {
    const message = 'the server rejected our request due to an error in our request'
    const expected = expect.objectContaining({ reason: 'Invalid', message, details: {} })
    const patch = { metadata: { finalizers: [['x']] } }
    expect(() => applyStrategicMergePatch(finalizers('x'), patch, pod)).toThrow(expected)
  })

  it('takes null for no change', () => {
    expect(applyStrategicMergePatch(podWith(a), null, pod)).toEqual(podWith(a))
  })

  it('cuts long values short in messages', () => {
    const patch = podWith({ image: 'x'.repeat(1_000_000) })
    const expected = expect.objectContaining({ message: expect.stringMatching(/^.{1000,1100}$/) })
    expect(() => applyStrategicMergePatch(podWith(a), patch, pod)).toThrow(expected)
  })

  it('replaces what is replaced as a whole', () => {
    const type: MergeType = { name: 'Any', field: () => ({ strategy: 'replace' }) }
    const patched = applyStrategicMergePatch({ spec: { a: 1 } }, { spec: { b: 2, c: null } }, type)
    expect(patched).toEqual({ spec: { b: 2 } })
  })

  it.each<[name: string, type: MergeType, object: JsonObject, patch: JsonObject, patched: JsonObject]>([
    [
      'as kubectl set image does',
      deployment,
      { spec: { template: podWith({ name: 'nginx', image: 'nginx:1' }, b) } },
      { spec: { template: ordered(['nginx'], { image: 'nginx:2', name: 'nginx' }) } },
      { spec: { template: podWith({ name: 'nginx', image: 'nginx:2' }, b) } },
    ],
    [
      'a port of a service by its number',
      service,
      { spec: { ports: [{ port: 80, name: 'http' }, { port: 443 }] } },
      { spec: { ports: [{ port: 443, name: 'https' }] } },
      {
        spec: {
          ports: [
            { port: 80, name: 'http' },
            { port: 443, name: 'https' },
          ],
        },
      },
    ],
    [
      'the secrets of a service account, but not how its images are pulled',
      serviceAccount,
      { secrets: [{ name: 'x' }], imagePullSecrets: [{ name: 'x' }] },
      { secrets: [{ name: 'y' }], imagePullSecrets: [{ name: 'y' }] },
      { secrets: [{ name: 'y' }, { name: 'x' }], imagePullSecrets: [{ name: 'y' }] },
    ],
  ])('merges %s', (_, type, object, patch, patched) => {
    expect(applyStrategicMergePatch(object, patch, type)).toEqual(patched)
  })

  it('has __proto__ as an ordinary member and as an ordinary key', () => {
    const object = JSON.parse(
      '{"metadata":{"labels":{"__proto__":"x"}},"spec":{"containers":[{"name":"a"}]}}',
    )
    const patch = JSON.parse(
      '{"metadata":{"labels":{"__proto__":"y","constructor":"z"}},"spec":{"containers":[{"name":"__proto__"}],"__proto__":{"polluted":true}}}',
    )
    expect(JSON.stringify(applyStrategicMergePatch(object, patch, pod))).toBe(
      '{"metadata":{"labels":{"__proto__":"y","constructor":"z"}},"spec":{"containers":[{"name":"__proto__"},{"name":"a"}],"__proto__":{"polluted":true}}}',
    )
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

function podWith(...containers: JsonObject[]): JsonObject {
  return { spec: { containers } }
}

function ordered(names: string[], ...containers: JsonObject[]): JsonObject {
  const order = { '$setElementOrder/containers': names.map((name) => ({ name })) }
  return { spec: containers.length === 0 ? order : { ...order, containers } }
}

function spec(object: JsonObject): JsonObject {
  return object.spec as JsonObject
}

function finalizers(...names: string[]): JsonObject {
  return { metadata: { finalizers: names } }
}
