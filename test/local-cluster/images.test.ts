import { describe, expect, it } from 'vitest'
import { ImageError, Images, imageName } from '../../src/local-cluster/images.ts'

const images = new Images({
  names: { self: ['quay.io/ocm/cluster-proxy', 'cluster-proxy'], web: ['nginx'], host: ['busybox'] },
  node: ['/node', '--flag'],
  self: '/main.ts',
  environment: { CACHE: '/cache' },
})
const OURS = ['/node', '--flag', '--import', 'preload', '/main.ts']
const program = (image: string, command: string[] = [], args: string[] = [], containerPort?: number) =>
  images
    .find(image)
    .program({ command, args, ports: containerPort === undefined ? [] : [{ containerPort }] }, [
      '--import',
      'preload',
    ])

describe('the name of an image', () => {
  it.each([
    ['busybox', 'busybox'],
    ['busybox:1.36', 'busybox'],
    ['docker.io/library/busybox:1.36@sha256:0000', 'busybox'],
    ['index.docker.io/library/nginx', 'nginx'],
    ['docker.io/grafana/grafana:9', 'grafana/grafana'],
    ['localhost:5000/cluster-proxy', 'localhost:5000/cluster-proxy'],
    ['localhost:5000/cluster-proxy:v1', 'localhost:5000/cluster-proxy'],
    ['quay.io/ocm/cluster-proxy@sha256:0000', 'quay.io/ocm/cluster-proxy'],
    ['', ''],
  ])('%j is %j', (reference, name) => {
    expect(imageName(reference)).toBe(name)
  })
})

describe('an image of this project', () => {
  it.each([
    [[], ['proxy-agent', '--flag'], [...OURS, 'proxy-agent', '--flag']],
    [['/cluster-proxy'], ['proxy-agent'], [...OURS, 'proxy-agent']],
    [[], ['/registration', 'agent'], [...OURS, '/registration', 'agent']],
    [['/registration-operator'], ['hub'], [...OURS, 'registration-operator', 'hub']],
    [['/usr/bin/proxy-agent', '--a'], ['--b'], [...OURS, 'proxy-agent', '--a', '--b']],
    [['proxy-server'], [], [...OURS, 'proxy-server']],
    [['/controlplane'], [], [...OURS, 'controlplane']],
    [['node', 'app.js'], ['--a'], ['/node', '--flag', '--import', 'preload', 'app.js', '--a']],
    [['sh', '-c', 'true'], [], ['sh', '-c', 'true']],
    [['__proto__'], [], ['__proto__']],
  ])('runs %j with %j', (command, args, expected) => {
    expect(program('quay.io/ocm/cluster-proxy:latest', command, args)).toEqual(expected)
  })

  it('has variables of its own', () => {
    expect(images.find('cluster-proxy').environment).toEqual({ CACHE: '/cache' })
    expect(images.find('busybox').environment).toEqual({})
  })
})

describe('another image', () => {
  it('is this machine where it may be', () => {
    expect(program('busybox:1', ['sleep'], ['5'])).toEqual(['sleep', '5'])
    expect(program('busybox:1', [], ['sleep', '5'])).toEqual(['sleep', '5'])
    expect(program('busybox:1')).toEqual(['/bin/sh'])
    expect(images.find('busybox').translate(['/cluster-proxy'], [])).toEqual(['/cluster-proxy'])
  })

  it('is a small web server where it stands for one, on the ports of the container', () => {
    expect(program('nginx:1', [], [], 8080).slice(-2)).toEqual([
      expect.stringMatching(/web-server\.ts$/),
      '8080',
    ])
    expect(program('nginx:1', ['sh'], ['-c', 'x'])).toEqual(['sh', '-c', 'x'])
  })

  it.each(['redis:7', '', '__proto__', 'ghcr.io/other/cluster-proxy'])('%j cannot be run', (reference) => {
    expect(() => images.find(reference)).toThrow(ImageError)
    expect(() => images.find(reference)).toThrow(/pulls no images.*--host-image=/)
  })
})
