extension CharacteristicRow {
  /// Computed by mpmath at 400 digits from error functions of complex argument.
  static let truncatedNormal: [CharacteristicRow] = [
    CharacteristicRow(
      law: "truncated-normal(0, 1, -2, 2)", t: 0.5,
      real: 0.90689616141095567112, imaginary: 0.0, reach: 2.0),
    CharacteristicRow(
      law: "truncated-normal(0, 1, -2, 2)", t: 3,
      real: -0.014257380982441221912, imaginary: 0.0, reach: 2.0),
    CharacteristicRow(
      law: "truncated-normal(0, 1, -2, 2)", t: 20,
      real: 4.559253792051728953e-3, imaginary: 0.0, reach: 2.0),
    CharacteristicRow(
      law: "truncated-normal(0, 1, -2, 2)", t: 200,
      real: -4.783124149329630491e-4, imaginary: 0.0, reach: 2.0),
    CharacteristicRow(
      law: "truncated-normal(0, 1, -2, 2)", t: 1000,
      real: 1.0529758814875635361e-4, imaginary: 0.0, reach: 2.0),
    CharacteristicRow(
      law: "truncated-normal(0, 1, -2, 2)", t: 100000.0,
      real: -8.0855631363092044356e-8, imaginary: 0.0, reach: 2.0),
    CharacteristicRow(
      law: "truncated-normal(1/2, 3/2, -1, 4)", t: 0.5,
      real: 0.77250598872163888177, imaginary: 0.35549677352435926151, reach: 4.0),
    CharacteristicRow(
      law: "truncated-normal(1/2, 3/2, -1, 4)", t: 7,
      real: 0.017585912003532023846, imaginary: 0.025254085982244704948, reach: 4.0),
    CharacteristicRow(
      law: "truncated-normal(1/2, 3/2, -1, 4)", t: 50,
      real: -1.4412008293068220876e-3, imaginary: 3.5371601066017597516e-3, reach: 4.0),
    CharacteristicRow(
      law: "truncated-normal(1/2, 3/2, -1, 4)", t: 300,
      real: -6.5301351659717731111e-4, imaginary: -8.5495097688993684766e-5, reach: 4.0),
    CharacteristicRow(
      law: "truncated-normal(1/2, 3/2, -1, 4)", t: 900,
      real: 2.0890666457433733678e-4, imaginary: -8.092859564436984983e-6, reach: 4.0),
    CharacteristicRow(
      law: "truncated-normal(0, 1, 6, 8)", t: 1,
      real: 0.98038145977685183159, imaginary: -0.12403601309100477848, reach: 8.0),
    CharacteristicRow(
      law: "truncated-normal(0, 1, 6, 8)", t: 30,
      real: 0.13458294504629377042, imaginary: -0.14995969943465402201, reach: 8.0),
    CharacteristicRow(
      law: "truncated-normal(0, 1, 6, 8)", t: 300,
      real: -3.1196493752891403199e-3, imaginary: -0.020285954766210517419, reach: 8.0),
    CharacteristicRow(
      law: "truncated-normal(0, 1, 6, 8)", t: 20000.0,
      real: 1.7006381826916856977e-4, imaginary: -2.5670143810386347617e-4, reach: 8.0),
    CharacteristicRow(
      law: "truncated-normal(3, 1/8, -40, -2)", t: 1,
      real: -0.41898077126428784271, imaginary: -0.90798974895743664751, reach: 2.1),
    CharacteristicRow(
      law: "truncated-normal(3, 1/8, -40, -2)", t: 5,
      real: -0.83037969009305627358, imaginary: 0.55697971187960921178, reach: 2.1),
    CharacteristicRow(
      law: "truncated-normal(3, 1/8, -40, -2)", t: 100,
      real: 0.6923647890228203482, imaginary: 0.65722731074076529385, reach: 2.1),
    CharacteristicRow(
      law: "truncated-normal(3, 1/8, -40, -2)", t: 10000.0,
      real: -0.017783701051927177831, imaginary: -0.026607729635594016342, reach: 2.1),
    CharacteristicRow(
      law: "truncated-normal(1, 1000, -3, 2)", t: 2,
      real: -0.1036219477485038475, imaginary: 0.16138096189620890962, reach: 3.0),
    CharacteristicRow(
      law: "truncated-normal(1, 1000, -3, 2)", t: 60,
      real: -7.3511928063967508828e-4, imaginary: -4.7087965634071791953e-3, reach: 3.0),
    CharacteristicRow(
      law: "truncated-normal(1, 1000, -3, 2)", t: 10000.0,
      real: -4.4135005507677024374e-6, imaginary: -2.8192542013135796804e-5, reach: 3.0),
    CharacteristicRow(
      law: "truncated-normal(0, 1, -50, 60)", t: 0.5,
      real: 0.88249690258459540286, imaginary: 0, reach: 10.0),
    CharacteristicRow(
      law: "truncated-normal(0, 1, -50, 60)", t: 3,
      real: 0.011108996538242306496, imaginary: 0, reach: 10.0),
    CharacteristicRow(
      law: "truncated-normal(0, 1, -50, 60)", t: 8,
      real: 1.2664165549094175723e-14, imaginary: 0, reach: 10.0),
    CharacteristicRow(
      law: "truncated-normal(0, 1, 0, 30)", t: 0.5,
      real: 0.88249690258459540286, imaginary: 0.36730159575595780651, reach: 10.0),
    CharacteristicRow(
      law: "truncated-normal(0, 1, 0, 30)", t: 5,
      real: 3.7266531720786709929e-6, imaginary: 0.16695395907977502705, reach: 10.0),
    CharacteristicRow(
      law: "truncated-normal(0, 1, 0, 30)", t: 300,
      real: 6.7532249313703476164e-199, imaginary: 2.6596447549413449852e-3, reach: 10.0),
    CharacteristicRow(
      law: "truncated-normal(0, 1, 0, 30)", t: 1000000.0,
      real: 2.8415972404214484938e-202, imaginary: 7.9788456080366324044e-7, reach: 10.0),
  ]

  /// Computed by mpmath at 60 digits from Bessel functions.
  static let studentT: [CharacteristicRow] = [
    CharacteristicRow(law: "student-t(1/2, 1)", t: 1e-06, real: 0.99919612186749155384, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(1/2, 1)", t: 0.25, real: 0.60598438986831613643, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(1/2, 1)", t: 3, real: 0.055656188118397765024, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(1/2, 1)", t: 100, real: 3.9106685246696435608e-32, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(1/16, 1)", t: 0.25, real: 0.16537158766100571204, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(1/16, 1)", t: 40, real: 1.18895805332838846e-6, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(7/2, 1)", t: 0.001, real: 0.99999883340653203836, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(7/2, 1)", t: 1, real: 0.49670005369286798989, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(7/2, 1)", t: 20, real: 4.3809486386058311731e-15, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(5, 1)", t: 0.5, real: 0.82864914241812531308, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(5, 1)", t: 10, real: 3.6956962220528724424e-8, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(5, 1)", t: 200, real: 4.0218147445548224572e-190, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(41, 1)", t: 0.1, real: 0.99475812303480472331, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(41, 1)", t: 2, real: 0.13551106873100017789, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(41, 1)", t: 15, real: 2.3623012652698843627e-25, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(1000, 1)", t: 0.5, real: 0.88228975580901828424, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(1000, 1)", t: 6, real: 2.0065324953775732553e-8, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(1000000, 1)", t: 1, real: 0.60653020481460705049, imaginary: 0, reach: 1),
    CharacteristicRow(law: "student-t(1000000, 1)", t: 9, real: 2.5807776280222138399e-18, imaginary: 0, reach: 1),
  ]
}
