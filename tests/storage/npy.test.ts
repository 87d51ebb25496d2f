import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { InvalidData } from "../../ml/errors.ts";
import { decodeNpy, encodeNpy, parseNpyHeader } from "../../storage/npy.ts";

/** A version 1.0 file as numpy writes it, with any header. */
function npyFile(header: string, values: Uint8Array): Buffer {
  const text = `${header.padEnd(117)}\n`;
  return Buffer.concat([
    Buffer.from("\u0093NUMPY\u0001\u0000", "latin1"),
    Buffer.from([118, 0]),
    Buffer.from(text, "latin1"),
    values,
  ]);
}

describe("npy files", () => {
  test("hold the bytes that numpy.save writes", () => {
    const bytes = encodeNpy({ dtype: "uint16", shape: [2, 2], data: Uint16Array.of(1, 2, 3, 65_535) });

    expect(bytes.length % 8).toBe(0);
    expect(bytes.toString("latin1", 0, 8)).toBe("\u0093NUMPY\u0001\u0000");
    expect(bytes.toString("latin1", 10, 70)).toBe("{'descr': '<u2', 'fortran_order': False, 'shape': (2, 2), }  ".slice(0, 60));
    expect(bytes.subarray(128).toString("hex")).toBe("010002000300ffff");
  });

  test("return the array they were made of", () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1, maxLength: 50, noNaN: true }), (data) => {
        expect(decodeNpy(encodeNpy({ dtype: "float32", shape: [data.length], data }), "a.npy")).toEqual({
          dtype: "float32",
          shape: [data.length],
          data,
        });
      }),
    );
  });

  test("are read in either byte order", () => {
    const bytes = npyFile("{'descr': '>u2', 'fortran_order': False, 'shape': (3,), }", Uint8Array.of(0, 1, 1, 0, 255, 254));

    expect(decodeNpy(bytes, "big.npy").data).toEqual(Uint16Array.of(1, 256, 65_534));
  });

  test("are read in Fortran order", () => {
    const columns = Uint8Array.of(1, 4, 2, 5, 3, 6);
    const bytes = npyFile("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", columns);

    expect(decodeNpy(bytes, "fortran.npy")).toEqual({ dtype: "uint8", shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  });

  test.each([
    { what: "more values than it has", shape: "(1000000, 1000000)", message: /1000000000000 bytes of values; received 6/ },
    { what: "fewer values than it has", shape: "(5,)", message: /5 bytes of values; received 6/ },
  ])("are refused where the shape claims $what, before memory is taken", ({ shape, message }) => {
    const bytes = npyFile(`{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }`, new Uint8Array(6));

    expect(() => decodeNpy(bytes, "lying.npy")).toThrow(message);
  });

  test("are refused where they hold Python objects", () => {
    const bytes = npyFile("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", new Uint8Array(8));

    expect(() => parseNpyHeader(bytes, "objects.npy")).toThrow(InvalidData);
  });

  test("are refused where the content is something else", () => {
    expect(() => parseNpyHeader(Buffer.from("PK\u0003\u0004 a zip archive"), "images.npy")).toThrow(
      /images\.npy is not what its name says.*received bytes 504b0304/,
    );
  });
});
