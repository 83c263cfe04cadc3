// Paints the photos that the sample app ships with: `node sample-app/photos/make-photos.mjs`.
// Every scene is an SVG drawn from seeded chance, with a little grain; `broken.jpg` is one of them cut off half way.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const WIDTH = 1600;
const HEIGHT = 1066;
const STEP = 8;

/** Numbers from 0 to 1, the same for the same seed. */
function chance(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A rough line over the whole width: waves of falling size and rising frequency. */
function rough(random, { y, height, waves = 7, smooth = 0.5 }) {
  const parts = Array.from({ length: waves }, (_, i) => ({
    size: height * smooth ** i,
    length: (WIDTH * (0.55 + random() * 0.5)) / 1.9 ** i,
    shift: random() * Math.PI * 2,
  }));
  return (x) =>
    y + parts.reduce((sum, p) => sum + p.size * Math.sin((x / p.length) * Math.PI * 2 + p.shift), 0);
}

function hill(line, fill, bottom = HEIGHT) {
  const points = [];
  for (let x = 0; x <= WIDTH; x += STEP) points.push(`${x} ${line(x).toFixed(1)}`);
  return `<path d="M0 ${bottom} L${points.join(' L')} L${WIDTH} ${bottom} Z" fill="${fill}"/>`;
}

function gradient(id, colors, { x2 = 0, y2 = 1 } = {}) {
  const stops = colors.map(([at, color, opacity = 1]) => {
    return `<stop offset="${at}" stop-color="${color}" stop-opacity="${opacity}"/>`;
  });
  return `<linearGradient id="${id}" x1="0" y1="0" x2="${x2}" y2="${y2}">${stops.join('')}</linearGradient>`;
}

function glow(id, color, strength = 1) {
  return (
    `<radialGradient id="${id}"><stop offset="0" stop-color="${color}" stop-opacity="${strength}"/>` +
    `<stop offset=".35" stop-color="${color}" stop-opacity="${strength * 0.35}"/>` +
    `<stop offset="1" stop-color="${color}" stop-opacity="0"/></radialGradient>`
  );
}

const blur = (id, size) =>
  `<filter id="${id}" x="-50%" y="-50%" width="200%" height="200%"><feGaussianBlur stdDeviation="${size}"/></filter>`;

const fill = (id) => `<rect width="${WIDTH}" height="${HEIGHT}" fill="url(#${id})"/>`;

function mix(from, to, share) {
  const parts = (color) => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  const [a, b] = [parts(from), parts(to)];
  return `#${a
    .map((value, i) =>
      Math.round(value + (b[i] - value) * share)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

function pine(x, y, height, color) {
  const tiers = Array.from({ length: 6 }, (_, i) => {
    const top = y - height + (height * i) / 6.6;
    const reach = height * 0.045 * (i + 1.4);
    return `M${x} ${top} L${x + reach} ${top + height * 0.25} L${x - reach} ${top + height * 0.25} Z`;
  });
  return `<path d="${tiers.join(' ')}" fill="${color}"/>`;
}

function stars(random, count, maxY) {
  return Array.from({ length: count }, () => {
    const size = 0.5 + random() ** 4 * 1.9;
    const [x, y] = [random() * WIDTH, random() ** 1.3 * maxY];
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${size.toFixed(2)}" fill="#fff" opacity="${(0.25 + random() * 0.75).toFixed(2)}"/>`;
  }).join('');
}

const scenes = {
  'alpine-dawn'() {
    const random = chance(11);
    const layers = Array.from({ length: 6 }, (_, i) => {
      const share = i / 5;
      const line = rough(random, { y: 520 + i * 92, height: 105 - i * 9, waves: 8, smooth: 0.54 });
      const ridge = hill(line, mix('#c98fa0', '#1d2440', share ** 0.8));
      return `${ridge}<rect y="${560 + i * 92}" width="${WIDTH}" height="210" fill="url(#mist)" opacity="${0.62 - share * 0.5}"/>`;
    });
    return (
      `<defs>${gradient('sky', [
        [0, '#31467f'],
        [0.28, '#8d7fb0'],
        [0.45, '#f2a58b'],
        [0.56, '#ffdcae'],
      ])}${gradient('mist', [
        [0, '#ffd9b8', 0],
        [0.6, '#ffd9c4', 1],
        [1, '#ffd9c4', 0],
      ])}${glow('sun', '#fff3d0')}</defs>${fill('sky')}` +
      `<circle cx="1090" cy="480" r="520" fill="url(#sun)"/><circle cx="1090" cy="480" r="46" fill="#fff8e2"/>${layers.join('')}`
    );
  },

  'desert-dusk'() {
    const random = chance(29);
    const dunes = Array.from({ length: 5 }, (_, i) => {
      const line = rough(random, { y: 640 + i * 88, height: 46 + i * 13, waves: 3, smooth: 0.36 });
      const shade = (x) =>
        line(x) + 10 + 34 * Math.abs(Math.sin(x / (190 + i * 70) + i * 2.1)) * (1 + i * 0.5);
      const color = mix('#e7a45e', '#8c3f2c', i / 4);
      return hill(line, mix(color, '#ffd9a0', 0.28)) + hill(shade, color);
    });
    return (
      `<defs>${gradient('sky', [
        [0, '#22305c'],
        [0.3, '#7a4f83'],
        [0.5, '#e0705f'],
        [0.62, '#ffc777'],
      ])}${glow('sun', '#ffe3a0')}</defs>${fill('sky')}${stars(random, 90, 260)}` +
      `<circle cx="470" cy="600" r="460" fill="url(#sun)"/><circle cx="470" cy="596" r="78" fill="#fff0c4"/>${dunes.join('')}`
    );
  },

  'northern-lights'() {
    const random = chance(5);
    const curtains = Array.from({ length: 4 }, (_, i) => {
      const line = rough(random, { y: 430 - i * 62, height: 66, waves: 4, smooth: 0.5 });
      const rays = [];
      for (let x = -20; x < WIDTH + 20; x += 7) {
        const tall = 180 + 150 * Math.abs(Math.sin(x / 83 + i)) + random() * 90;
        rays.push(
          `<rect x="${x}" y="${(line(x) - tall).toFixed(0)}" width="11" height="${tall.toFixed(0)}" fill="url(#ray${i % 2})" opacity="${(0.12 + random() * 0.3).toFixed(2)}"/>`,
        );
      }
      return `<g filter="url(#soft)">${rays.join('')}</g>`;
    });
    const shore = rough(random, { y: 712, height: 26, waves: 6 });
    const trees = Array.from({ length: 120 }, () => {
      const x = random() * WIDTH;
      return pine(Math.round(x), Math.round(shore(x) + 16), 50 + random() ** 2 * 105, '#040b14');
    });
    const land = hill(shore, '#040b14', 742) + trees.join('');
    const sky = `${fill('sky')}${stars(random, 420, 640)}${curtains.join('')}`;
    return (
      `<defs>${gradient('sky', [
        [0, '#050a1c'],
        [0.7, '#123047'],
      ])}${gradient('ray0', [
        [0, '#7a4bd8', 0],
        [0.45, '#3fd6a0', 0.7],
        [1, '#9dffc9', 0.95],
      ])}${gradient('ray1', [
        [0, '#c04bd0', 0],
        [0.5, '#2fb8b0', 0.6],
        [1, '#79f5b8', 0.9],
      ])}${gradient('lake', [
        [0, '#06131f', 0.35],
        [1, '#03070f', 0.92],
      ])}${blur('soft', 7)}${blur('ripple', '9 3')}<clipPath id="below"><rect y="742" width="${WIDTH}" height="${HEIGHT}"/></clipPath></defs>` +
      `${sky}<g clip-path="url(#below)"><g transform="translate(0 1484) scale(1 -1)" filter="url(#ripple)">${sky}${land}</g>` +
      `<rect y="742" width="${WIDTH}" height="330" fill="url(#lake)"/></g>${land}`
    );
  },

  'harbor-night'() {
    const random = chance(71);
    const towers = [];
    for (const [row, color] of ['#27345f', '#18213f', '#0d1328'].entries()) {
      for (let x = -30; x < WIDTH;) {
        const width = 54 + random() * 74;
        const height = (130 + random() ** 2 * 370) * (1 - row * 0.2);
        towers.push(
          `<rect x="${x.toFixed(0)}" y="${(760 - height).toFixed(0)}" width="${width.toFixed(0)}" height="${height.toFixed(0)}" fill="${color}"/>`,
        );
        for (let wx = x + 9; wx < x + width - 12; wx += 15) {
          for (let wy = 760 - height + 14; wy < 744; wy += 20) {
            if (random() > 0.34 + row * 0.08) continue;
            const light = ['#ffd98a', '#ffc06a', '#fff0c8', '#9fd4ff'][Math.floor(random() ** 1.6 * 4)];
            towers.push(
              `<rect x="${wx.toFixed(0)}" y="${wy.toFixed(0)}" width="7" height="10" fill="${light}" opacity="${(0.35 + random() * 0.6).toFixed(2)}"/>`,
            );
          }
        }
        x += width + random() * 26;
      }
    }
    const city = towers.join('');
    const glints = Array.from({ length: 260 }, () => {
      const y = 768 + random() ** 1.5 * 290;
      return `<rect x="${(random() * WIDTH).toFixed(0)}" y="${y.toFixed(0)}" width="${(14 + random() * 70).toFixed(0)}" height="1.6" fill="#ffd9a0" opacity="${(random() * 0.28).toFixed(2)}"/>`;
    });
    return (
      `<defs>${gradient('sky', [
        [0, '#0a1030'],
        [0.45, '#2b2f6b'],
        [0.72, '#c0637f'],
      ])}${gradient('water', [
        [0, '#1a1c40', 0.35],
        [1, '#060816', 0.94],
      ])}${glow('moon', '#e8ecff')}${blur('wet', '4 26')}<clipPath id="below"><rect y="760" width="${WIDTH}" height="310"/></clipPath></defs>` +
      `${fill('sky')}${stars(random, 160, 380)}<circle cx="1240" cy="190" r="230" fill="url(#moon)" opacity=".7"/><circle cx="1240" cy="190" r="42" fill="#f6f5ff"/>${city}` +
      `<g clip-path="url(#below)">${fill('sky')}<g transform="translate(0 1520) scale(1 -1)" filter="url(#wet)">${city}</g>` +
      `<rect y="760" width="${WIDTH}" height="310" fill="url(#water)"/>${glints.join('')}</g>`
    );
  },

  'quiet-sea'() {
    const random = chance(43);
    const waves = Array.from({ length: 420 }, () => {
      const depth = random() ** 1.6;
      const y = 604 + depth * 460;
      const near = Math.exp(-(((random() - 0.5) * 2) ** 2) * 3);
      const x = random() < 0.62 ? 800 + (random() - 0.5) * (150 + depth * 620) * near : random() * WIDTH;
      const width = 12 + depth * 130 * random();
      return `<ellipse cx="${x.toFixed(0)}" cy="${y.toFixed(1)}" rx="${width.toFixed(0)}" ry="${(0.8 + depth * 2.6).toFixed(1)}" fill="${random() < 0.55 ? '#ffe7c2' : '#123a5a'}" opacity="${(0.1 + random() * 0.42).toFixed(2)}"/>`;
    });
    const clouds = Array.from({ length: 46 }, () => {
      const y = 120 + random() * 400;
      return `<ellipse cx="${(random() * WIDTH).toFixed(0)}" cy="${y.toFixed(0)}" rx="${(90 + random() * 290).toFixed(0)}" ry="${(5 + random() * 17).toFixed(0)}" fill="${mix('#7d6fa8', '#ffc59c', y / 560)}" opacity="${(0.2 + random() * 0.4).toFixed(2)}"/>`;
    });
    const cape = rough(random, { y: 612, height: 30, waves: 6 });
    const island = (x) => (x > 1130 ? cape(x) - Math.min(1, (x - 1130) / 320) * 120 : 640);
    return (
      `<defs>${gradient('sky', [
        [0, '#3f5a9a'],
        [0.3, '#a98bb8'],
        [0.57, '#ffc89a'],
      ])}${gradient('sea', [
        [0, '#f0a98c'],
        [0.25, '#5d7fa3'],
        [1, '#12304f'],
      ])}${glow('sun', '#fff0cc')}${blur('cloud', 13)}</defs>${fill('sky')}<g filter="url(#cloud)">${clouds.join('')}</g>` +
      `<circle cx="800" cy="540" r="420" fill="url(#sun)"/><circle cx="800" cy="540" r="54" fill="#fffaf0"/>` +
      `<g>${hill(island, '#3b3658', 640)}</g><rect y="600" width="${WIDTH}" height="470" fill="url(#sea)"/>${waves.join('')}`
    );
  },

  'autumn-forest'() {
    const random = chance(97);
    const rows = Array.from({ length: 5 }, (_, i) => {
      const share = i / 4;
      const ground = rough(random, { y: 690 + i * 84, height: 16 + i * 6, waves: 4 });
      const trees = Array.from({ length: 26 - i * 3 }, () => {
        const x = random() * (WIDTH + 200) - 100;
        const size = (150 + random() * 130) * (0.65 + share * 0.8);
        const foot = ground(x) + 12;
        const leaf = ['#d9822b', '#c4502a', '#e3aa3c', '#a83a2c', '#8f9a3d'][Math.floor(random() * 5)];
        const color = mix(mix('#e9d3b4', leaf, 0.3 + share * 0.7), '#2a1712', share ** 3 * 0.35);
        const trunk = mix('#c9b39a', '#2a1a16', 0.25 + share * 0.75);
        const crown = Array.from({ length: 9 }, () => {
          const angle = random() * Math.PI * 2;
          const reach = random() * size * 0.26;
          return `<circle cx="${(x + Math.cos(angle) * reach).toFixed(0)}" cy="${(foot - size * 0.78 + Math.sin(angle) * reach * 1.25).toFixed(0)}" r="${(size * (0.12 + random() * 0.1)).toFixed(0)}" fill="${mix(color, random() < 0.5 ? '#fff0c8' : '#3a1a10', random() * 0.22)}" opacity=".9"/>`;
        });
        const wide = size * 0.035;
        return `<rect x="${(x - wide / 2).toFixed(1)}" y="${(foot - size * 0.7).toFixed(0)}" width="${wide.toFixed(1)}" height="${(size * 0.7).toFixed(0)}" fill="${trunk}"/>${crown.join('')}`;
      });
      const soil = hill(ground, mix('#d8b98a', '#3a2318', share));
      return `${trees.join('')}${soil}<rect y="${520 + i * 80}" width="${WIDTH}" height="260" fill="url(#haze)" opacity="${0.55 - share * 0.52}"/>`;
    });
    return `<defs>${gradient('sky', [
      [0, '#b9c7cf'],
      [0.45, '#f0dcb8'],
      [0.8, '#f6e4c4'],
    ])}${gradient('haze', [
      [0, '#f8e6c6', 0],
      [0.55, '#f8e6c6', 1],
      [1, '#f8e6c6', 0],
    ])}${glow('sun', '#fff6dd')}</defs>${fill('sky')}<circle cx="420" cy="380" r="560" fill="url(#sun)"/>${rows.join('')}`;
  },
};

async function paint(name) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">${scenes[name]()}</svg>`;
  const random = chance(name.length);
  const grain = Buffer.from(Array.from({ length: WIDTH * HEIGHT }, () => 128 + (random() - 0.5) * 9));
  return sharp(Buffer.from(svg))
    .composite([{ input: grain, raw: { width: WIDTH, height: HEIGHT, channels: 1 }, blend: 'soft-light' }])
    .flatten({ background: '#000' })
    .jpeg({ quality: 78, mozjpeg: true })
    .withExif({ IFD0: { ImageDescription: name, Artist: 'Stepwell', Copyright: 'MIT' } })
    .toBuffer();
}

const write = (name, bytes) => writeFile(fileURLToPath(new URL(`${name}.jpg`, import.meta.url)), bytes);

for (const name of Object.keys(scenes)) {
  const bytes = await paint(name);
  await write(name, bytes);
  console.log(`${name}.jpg ${Math.round(bytes.length / 1024)} KB`);
  // A whole header and half a picture: it looks fine until someone decodes it.
  if (name === 'quiet-sea') await write('broken', bytes.subarray(0, Math.floor(bytes.length * 0.45)));
}
