import { describe, expect, it } from "vitest";
import { matched } from "../../../src/ui/send/again";
import { bytesOf, type Chosen, groupsOf, MOST_FILES, withFiles, withoutFiles } from "../../../src/ui/send/chosen";

function chosen(name: string, size = 3, lastModified = 0): Chosen {
  return { name, file: { size, lastModified, name } as File };
}

describe("the list of files", () => {
  it("grows, and takes the same file once", () => {
    const one = withFiles([], [chosen("a.txt"), chosen("folder/b.txt")]);
    const two = withFiles(one.list, [chosen("a.txt"), chosen("c.txt", 5)]);
    expect(two.list.map(({ name }) => name)).toEqual(["a.txt", "folder/b.txt", "c.txt"]);
    expect([one.leftOut, two.leftOut, bytesOf(two.list)]).toEqual([[], [], 11]);
  });

  it.each([
    ["name_invalid", chosen("a\u202etxt.exe")],
    ["duplicate_name", chosen("A.TXT", 4)],
    ["system_file", chosen("folder/.DS_Store")],
    ["system_file", chosen("folder/Thumbs.db")],
  ])("leaves out with a reason: %s", (why, file) => {
    expect(withFiles([chosen("a.txt")], [file]).leftOut).toEqual([{ name: file.name, why }]);
  });

  it("keeps a lone file of such a name, because somebody chose it", () => {
    expect(withFiles([], [chosen("desktop.ini")]).leftOut).toEqual([]);
  });

  it("joins names that differ in normalization alone", () => {
    const { list, leftOut } = withFiles([chosen("\u304c.txt")], [chosen("\u304b\u3099.txt", 9)]);
    expect([list.length, leftOut[0]?.why]).toEqual([1, "duplicate_name"]);
  });

  it("holds 10,000 files of one folder as one line, quickly", () => {
    const many = Array.from({ length: MOST_FILES + 2 }, (_, at) => chosen(`film/${at}.dpx`));
    const { list, leftOut } = withFiles([], many);
    expect([list.length, leftOut.map(({ why }) => why)]).toEqual([MOST_FILES, ["too_many_files", "too_many_files"]]);
    const [group, ...others] = groupsOf(list);
    expect([group?.name, group?.members.length, group?.bytes, others]).toEqual([
      "film",
      MOST_FILES,
      3 * MOST_FILES,
      [],
    ]);
    expect(withoutFiles(list, group?.members ?? [])).toEqual([]);
  });

  it("shows a file and a folder of one name as two lines", () => {
    expect(groupsOf([chosen("a"), chosen("a/b")]).map(({ folder }) => folder)).toEqual([false, true]);
  });
});

describe("files chosen again", () => {
  const wanted = [
    { name: "a.txt", size: 3 },
    { name: "folder/b.txt", size: 4 },
  ];

  it("are found by name, in the order of the record", () => {
    const { files, missing } = matched(wanted, [chosen("folder/b.txt", 4), chosen("a.txt"), chosen("more", 1)]);
    expect([files.map(({ name }) => name), missing]).toEqual([["a.txt", "folder/b.txt"], []]);
  });

  it("are found by the end of the path, where one alone fits", () => {
    expect(matched(wanted, [chosen("a.txt"), chosen("b.txt", 4)]).files[1]?.name).toBe("folder/b.txt");
    expect(matched(wanted, [chosen("a.txt"), chosen("x/b.txt", 4), chosen("y/b.txt", 4)]).missing).toEqual([wanted[1]]);
  });

  it("are missing where another size has their name", () => {
    expect(matched(wanted, [chosen("a.txt", 99), chosen("folder/b.txt", 4)]).missing).toEqual([wanted[0]]);
  });
});
