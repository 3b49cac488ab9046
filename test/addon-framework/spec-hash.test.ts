import { describe, expect, it } from 'vitest'
import { specHash } from '../../src/addon-framework/spec-hash.ts'
import type { KubeObject } from '../../src/apis/meta/v1.ts'

const object = (content: object) =>
  ({ apiVersion: 'v1', kind: 'K', metadata: { name: 'n' }, ...content }) as KubeObject

/** Written down in the original's own tests, but for those that say how they were made: `sha256sum` of what Go's encoder would write. */
describe('specHash', () => {
  it.each([
    [
      'an AddOnDeploymentConfig with the defaults of its definition',
      {
        spec: {
          proxyConfig: {},
          customizedVariables: [{ value: 'test', name: 'test' }],
          agentInstallNamespace: 'open-cluster-management-agent-addon',
        },
      },
      'ea4e6089e8b2f584c1cd8b86e16a15df3186b30744f433ede7436091c93a4cc7',
    ],
    [
      'the same with another variable',
      {
        spec: {
          agentInstallNamespace: 'open-cluster-management-agent-addon',
          customizedVariables: [{ name: 'test1', value: 'test1' }],
          proxyConfig: {},
        },
      },
      'b746cc98936955dd2168640f0011a14f2a74be306c747bc8ba829328cc772690',
    ],
    [
      'an AddOnTemplate that says nothing',
      { spec: { registration: null, addonName: '', agentSpec: { workload: {} } } },
      '3c2de0761c7df5d6a864280a8aa44d1f4d91eecbbcd2ce5af3efb4b76d91d3cd',
    ],
    [
      'a configuration without a spec: {"data":{"a":"1"}}',
      { data: { a: '1' } },
      '3218bc4f76f8d297f537dd0309b887b2612aeb5376284f223632cec4ad60e6af',
    ],
    [
      'names in the order of bytes, and escapes of HTML: {"spec":{"1":"x","10":"y","2":"z","B":"\\u003ca\\u0026b\\u003e","a":[1,1.5,true,null,"tab\\tnew\\nline\\u2028"]}}',
      { spec: { a: [1, 1.5, true, null, 'tab\tnew\nline\u2028'], B: '<a&b>', 2: 'z', 10: 'y', 1: 'x' } },
      'c3218b66f9d9fd72a8a85c23777e6ed776758ef799b687d0b788d19dc03be2b4',
    ],
    [
      'names in the order of UTF-8, not of UTF-16: {"spec":{"｡":1,"😀":2}}',
      { spec: { '😀': 2, '｡': 1 } },
      '0139b307bd9ab9eb73ae6151fb4a717e9b73577c20842fe43bf0815d94e18732',
    ],
    ['nothing: {}', {}, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'],
  ])("is the original's of %s", (_, content, hash) => {
    expect(specHash(object(content))).toBe(hash)
  })

  it('is not moved by a status or by metadata', () => {
    const config = object({ spec: { a: 1 } })
    const later = { ...config, metadata: { name: 'n', labels: { a: 'b' } }, status: { seen: true } }
    expect(specHash(later as KubeObject)).toBe(specHash(config))
    expect(specHash(object({ spec: { a: 2 } }))).not.toBe(specHash(config))
  })
})
