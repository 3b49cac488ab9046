import { describe, expect, it } from 'vitest'
import { mapPaths } from '../../../src/local-cluster/environment/index.ts'

const MOUNTS = [
  { mountPath: '/spoke' },
  { mountPath: '/a' },
  { mountPath: '/a/b/' },
  { mountPath: '/etc/x.yaml' },
]

describe('mapPaths', () => {
  it.each([
    ['/spoke', '/R/spoke'],
    ['/spoke/', '/R/spoke/'],
    ['/spoke/kubeconfig', '/R/spoke/kubeconfig'],
    ['--kubeconfig=/spoke/kubeconfig', '--kubeconfig=/R/spoke/kubeconfig'],
    ['/a:/b', '/R/a:/b'],
    ['/b:/a', '/b:/R/a'],
    ['/a/b/c /a/c', '/R/a/b/c /R/a/c'],
    ['/etc/x.yaml', '/R/etc/x.yaml'],
    ['cat "/a/f" > \'/spoke/g\'; ls /a', 'cat "/R/a/f" > \'/R/spoke/g\'; ls /R/a'],
    ['file:///spoke/f', 'file:///R/spoke/f'],
    ['unix:///a/s.sock', 'unix:///R/a/s.sock'],
    ['{"path":"/a"}', '{"path":"/R/a"}'],
  ])('maps %s to %s', (text, mapped) => {
    expect(mapPaths(text, MOUNTS, '/R')).toBe(mapped)
  })

  it.each([
    '/spokeother',
    '/spoke-other/f',
    '/spoke.yaml',
    '/other/spoke',
    './spoke',
    '../a',
    'https://host/a',
    'https://a/b',
    'https://host:8080/a/b',
    'registry.example/spoke:1',
    '$(HOME)/a',
    '~/a',
    'spoke',
    '',
  ])('leaves %j alone', (text) => {
    expect(mapPaths(text, MOUNTS, '/R')).toBe(text)
  })

  it('takes no part of a mount path for a pattern', () => {
    expect(mapPaths('/etc/xayaml', MOUNTS, '/R')).toBe('/etc/xayaml')
  })

  it('does not map what it has mapped', () => {
    expect(mapPaths('/a', [{ mountPath: '/a' }, { mountPath: '/data' }], '/data')).toBe('/data/a')
  })

  it('leaves all alone where nothing, or the root, is mounted', () => {
    expect(mapPaths('/a', [], '/R')).toBe('/a')
    expect(mapPaths('/a', [{ mountPath: '/' }], '/R')).toBe('/a')
  })
})
