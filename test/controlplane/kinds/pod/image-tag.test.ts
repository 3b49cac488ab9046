import { expect, it } from 'vitest'
import { defaultPullPolicy } from '../../../../src/controlplane/kinds/pod/image-tag.ts'

it.each([
  ['busybox', 'Always'],
  ['busybox:latest', 'Always'],
  ['busybox:1', 'IfNotPresent'],
  ['host:5000/busybox', 'Always'],
  ['host:5000/busybox:1', 'IfNotPresent'],
  ['busybox@sha256:abc', 'IfNotPresent'],
])('pulls %s %s', (image, policy) => {
  expect(defaultPullPolicy(image)).toBe(policy)
})
