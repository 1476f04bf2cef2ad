/** Passwords of at least eight characters that every guessing program tries first, in lower case. */
export const commonPasswords: ReadonlySet<string> = new Set(
  `00000000 11111111 12121212 12312312 123123123 12341234 1234567890 12345678 123456789 12345678910 123456780
  123454321 123456123 1234554321 123456654321 123456987 1234qwer 123456qwerty 123456abc 123456a1 123qweasd 123qwe123
  147258369 159357456 147852369 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 20202020 22222222 33333333 55555555
  5201314520 52013140 66666666 77777777 87654321 88888888 8888888888 987654321 9876543210 99999999 999999999
  a1234567 a12345678 a123456789 aa123456 aaaaaaaa ab123456 abc12345 abc123456 abcd1234 abcd12345 abcdefgh admin123
  admin1234 admin12345 administrator asdasdasd asdf1234 asdfasdf asdfghjk asdfghjkl asdfghjkl; baseball basketball
  blink182 butterfly changeme changeme1 changeme123 charlie1 chocolate computer corvette danielle dearbook drowssap
  elephant facebook football football1 garfield geheim123 hello123 helloworld hunter22 iloveyou iloveyou1 iloveyou2
  internet jennifer jessica1 jordan23 killer123 letmein1 letmein123 liverpool login123 lovelove marlboro
  master123 michael1 michelle microsoft midnight minecraft monkey123 mustang1 password password! password01
  password1 password11 password12 password123 password1234 password12345 password2 password99 passw0rd p@ssw0rd
  p@ssword p@ssword1 p@ssw0rd1 passwort passwort1 pokemon1 princess princess1 q1w2e3r4 q1w2e3r4t5 qazwsxedc qq123456
  qq123456789 qwe123456 qweasdzxc qwer1234 qwerasdf qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345
  qwerty123456 qwerty1! root1234 rootroot samantha samsung1 scooby12 secret123 sekret123 service1 shadow123 skywalker
  snoopy123 starwars startrek summer2024 summer2025 summer2026 sunshine sunshine1 superman superman1 superstar
  test1234 test12345 testtest trustno1 trustno1! user1234 victoria w123456789 welcome1 welcome12 welcome123 whatever
  winter2024 winter2025 winter2026 woaini1314 woaini520 woaini123 woaini5201314 wang123456 x1234567 zaq12wsx zaq1zaq1
  zhang123 zxcvbnm1 zxcvbnm123 zxcvbnma zz123456 z1234567 zxcv1234 zxczxczxc wwwwwwww`.split(/\s+/),
);
