#map = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d4, d2 * 2 + d5, d3 * 2 + d6)>
#map1 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d1, d4, d5, d6)>
#map2 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>
#map3 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map4 = affine_map<(d0, d1, d2, d3) -> (d0, d1, 0, 0)>
#map5 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2 * 2 + d4, d3 * 2 + d5)>
#map6 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5)>
#map7 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3)>
#map8 = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d4, d2 + d5, d3 + d6)>
#map9 = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2 + d4, d3 + d5)>
#map10 = affine_map<(d0, d1, d2) -> (d0, d2)>
#map11 = affine_map<(d0, d1, d2) -> (d2, d1)>
#map12 = affine_map<(d0, d1, d2) -> (d0, d1)>
#map13 = affine_map<(d0, d1) -> (d0, d1)>
#map14 = affine_map<(d0, d1) -> (d1)>
#map15 = affine_map<(d0, d1) -> (d0)>
#map16 = affine_map<(d0, d1) -> (d0, 0)>
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<1x3x16x16xf32>) -> tensor<1x10xf32>, sym_name = "residual"}> ({
  ^bb0(%arg0: tensor<1x3x16x16xf32>):
    %0 = "arith.constant"() <{value = 0 : i64}> : () -> i64
    %1 = "arith.constant"() <{value = 0.000000e+00 : f32}> : () -> f32
    %2 = "arith.constant"() <{value = 0xFF800000 : f32}> : () -> f32
    %3 = "arith.constant"() <{value = dense<"0x4F7F1A3D995422BDE3BC443EB9E6003DC28E24BEFD29DE3D5F4BC83EBE78913EFE2F58BE675EC2BE4C783FBE1E204B3CF88F32BFF46C86BD375FBFBEDAF360BE463227BEB755C2BDE3E7FC3D4C21A03E82F11DBD88E3D13E0B594CBEC2F7D73DE5C58A3E6D0BE73C2A6764BEB8938DBE069D0CBEB349873DCE139BBE798480BDDDA743BDD425263EF6E2833D4B57DA3D2DDB48BEED441FBD58D6703E1A64E53E7964C1BEE889E83EFAB9CE3ED504703E467BA23DCBDFC0BDB5F3DF3E408C163F965D0A3FFDFFC93E1593DB3D0699B9BEC624AFBA4BAB493E6FE4C5BE54C3F23DDC0D043E07D3553E6AE1B5BE69464BBEAB1206BE7CAEB3BE5D95053F025818BE731ECA3DF2DD9EBDB038F33EB6CECA3EE190423EC43A29BF9ABB7F3C4607523E60359A3E30D23DBE34EE0B3F76D1CABEAF384BBEAA9F8F3EFE1C713CA4C8193F03A7673D698442BE9BF9E7BD9D99A7BE6E40C4BE95A9413EBD88323E20D8C63E9DD067BE34B9013F2E92B0BD41D4F13EAAF304BEC3F061BED877993D646E9E3E3DD9453DDDDF33BEE802CEBE0546D7BE976C1A3E1A05983E9CE249BDC005A5BE6B19863E24ABC4BEF50D5BBED6C63E3E94CF2CBFAF62ED3D19AE32BE6C48063D490BBABCB15B783DE83F553EA0F868BE4A43DA3E570E5F3EEB98813E51ECB23E76F2713E86A6813E64C7B93C0927DBBE84F125BD18656CBE7C88DABE1DCB9E3D8DA82EBE902D9EBE7934A0BE5CEAA43D395EDC3D2521CB3E6AC988BBCE06A03E4D63D73E5BAAB03EC5A735BFD0B9BC3E9CA9D03DBD2E023E0715E43D7F2AEB3D843FC43D2F84DCBDAC0B12BF9DD505BD0CE876BEC1E9A53E0C6BB1BD2826CD3CDE7F82BEFCDC1CBECEBF62BB5527E4BEAEBDB83D735702BD6720B6BE2E2F38BF109C1D3EECD5B6BD90D122BEEA1791BD5F810B3F20C874BC22E0D43C166AE4BE0308FD3E19ED8C3E96E1A33E2E526A3C55CC8C3EE5E8E33D285F3C3EC5033BBDA263E2BE34089E3EDB9A14BFC76A93BD37517BBDEE2EA0BEF7593C3E472A76BDBA3406BE05B21F3EB46712BEEB58D53E1BEFD73D11B711BECF5115BFF3DEC8BEEDEFA63EA7BA78BCBAF3ADBD4967FC3ED303C5BE01EA33BECF2D11BE711F343E88D64BBE25713CBE0B8DF6BE5F0E603E61A5773ECB5712BE4EB6483DEB8CC6BEE6F010BE3DA7D33E32C9263D996F313F5CD371BE6D43323ED13C70BDBAD12D3E"> : tensor<8x3x3x3xf32>}> : () -> tensor<8x3x3x3xf32>
    %4 = "arith.constant"() <{value = dense<"0x035BC7BD7594BBBE661B783DCAE13EBC97C9A33E1F908DBE8535773E6FFB823E111D4DBE2198483DFF347FBE7728343FCB4F58BE3A2F0BBE75B6A3BE2CA8D4BD060EE7BA65DD6B3EA08A3BBE6F4764BDA192D9BE902D7EBE63A5533F5AEF9F3EB10D70BE9A6CCDBE7BD995BED73AD5BBACB12A3CE7AA64BE2B9EC5BE347ADA3EFEC10A3E7522E6BD029387BDF9AB22BE017D61BF11200E3D856FA4BE28039ABE4AB044BE8DF6603E25CBB3BE3F4EDCBE0490443EFDBD673ECF4A93BEC1C42C3ED22DB3BD2A1DB93DFAAEC1BE7DDD7F3E12D2B83E7BB5433EA4852B3EFADA90BF8421A03D3D23FABB85B034BDACB641BEA210883C7734FD3D4B12A2BD4B550EBEE4E3BC3ECEC8A9BE5A3B9E3E6544593D2D1577BE362AB2BD9F4F8DBE3C614F3E38C0D53D3C0C2BBEFD4CA9BED75FB93DEF0D933ED2E10BBD9584003EF507E7BDDE0EA63CD8F6B2BDD5A8B43DADE6E7BE35E5453E41458DBD2D54DC3D2816D1BD76D4C43DE3BEA4BE74A7B63E0DD502BF89A09FBE12CB903D4DB1E03E7CE1AA3DA15098BDD4E4DABE710A6BBD2366C3BBEFD5013FEB1D3F3E62DEEABE1AA81B3FAFB1F2BDC41587BE6388E23E3D8F74BC70BBE1BD106C863D62C6813E9293983E293BD3BEBF7B193F1D70913E2CFBE8BD087E7BBE1FD794BE819B173D131247BE24F86ABEA537793E7DFDDF3DB16CF2BD968F613E8407D23E5A1DA8BECE5439BE66C9903ECADB5C3EA6488B3D448CB23E3B26A7BE1132E3BE751885BE0A95163DD18E74BE65AC15BE91C295BE89983EBED8559ABE71C5E13DC730743ECF9713BE2FB07EBD437E32BE4C33233E37DDDA3CCDDCF43EB643A8BEB7B8DE3DE864083E5774DDBDFE42333E04F5DCBE5DB9223F5723CEBE4B488D3E5734ACBE91C6B03EB967ECBD8AAB423DFD18833CA112A93E0B8FC5BD36E163BF757D69BEE7BE613DD44F07BE2E7D6C3E48F49B3EFE9435BD3ECFE4BE979BD43E665BA63EB3D2B7BDA4EA213F5E59D6BD5FA9AEBE8B893FBD268EA53E2CFE8FBEA6DA153FD9B489BE6A99923E4442273E294E3DBD4AF8A53E7D5EE6BEE685D03E88829CBCD8A226BE7325663EEDCCA23E2D7B6C3ED98F193FE1FFA53E8925C53EA1D825BE7CE5023DC0F22C3ECE69AEBB1F53B93D3EE6023E06AD813EC9B6F9BCA9EAD6BD66757EBE58F888BEA916B43E53B8CFBCD4BF713E6D46C7BEF0D914BFF223A1BE351FB03E840EA43E2901CC3D3B6D76BEF5BA20BDADF1B6BD9FF3D3BD577740BF0AC783BE169B69BD5EECE83E6585453D2C2DD73EBFE4F1BD7B409BBDE0BC95BFC8550E3E5B11283EEA74073F768815BEAD64E73CFBBC58BE4FACB4BE18115BBE95F7D3BDFE31D03E72ED2D3AFADA72BEE8562E3D05AD853D0EBD4FBEC799AF3E740611BFAB3383BDED4E4C3E5095CDBE4DF4DD3DA096C63E2A5E0B3EE6CD01BF97B35FBE2448BD3E144CB73DABD541BB6D89073E99815D3EF9A359BEFC6BB2BDC09C2F3D941A27BE3BFC23BD655AC73E3AA894BEBBF7133F6A55103F989703BFE6492DBDBA8CD23D57BD69BEF2A863BE43DE91BD5513633EEE141DBE434A0C3FF828B23DCB16FCBC369BDE3EC364403ECAE3E23DE173CBBD69500B3F4064793EADF379BDFF41F2BE3524E53DB1ADAFBEDFC803BFBC82ABBD94EFAC3D37FDC43ED689AD3DF59B773EAB4BBCBE1680DDBB81A1183DE670843E889D0E3D5803773ED8E31ABE71EDDB3DD8E4FE3D2FF7BFBEAEB3573DACD4C4BDE53B12BF1636933E7353DEBD58ED82BECBD2E7BD0ED2293D6B9DE73E13E64BBDA31F113E57FBD23E20E8233EA821A43E436212BECADD6C3E597B8EBC9207A53E92259ABEEB7A6FBE8FE0C23EB0F270BDA28BDCBD59A4BE3C4AD053BE1196CC3E14DFBFBE0A0E39BDF52AD53D355800BD767676BE746285BE61AE023E25489EBE9886463EF41BEABEA67D2ABE8D73323C9F54C0BE394C483E743EB6BB14249FBE1E4DE9BE7C79F0BE91D77A3C69B0B1BE41A5D1BEB2108EBD7CE92E3F5385AA3D615E6A3EB5B1823D3A88703E654CCEBED74004BEEF92A03D2521B0BBD9EB6BBDA18E4CBE26C09EBD65D56DBE2DFF39BFFC79B7BEDF1E123ECD2AEF3E70480B3FEFC6ED3C4639893E26778B3E7BA954BEDC6602BF3ED1173C485607BF9490C4BD47D03A3E681FDABE00BD1E3C8077BE3E001DDE3D0D75203E7C468B3E7117053F96113A3DF2D9BC3EC8B39DBC77C827BE0F6DC13D101B3ABEB81030BEACB23ABEE14930BF44A3013D0720C2BEF3CF03BD19B7DE3E220D20BE568126BE1A7FD13E3CD3273E9CFE953E7C4ADABDA9CF653E7FCA52BEF1AA4FBE8F2A373EFCD137BEA8A86B3E6FAE373F1C7F01BFC31367BEF10DAC3EA64532BDEA57B23E58259BBEF093CB3DEC0039BDD07C2C3D0D70CB3D9A64BBBECEFCA4BE83ECD63E8826B43DAAAD023DD6A258BC4A0FDB3D488DB1BE5B7399BE5A5FC83E12E3393D319B823E5C0F3ABE0D77D33E9A23D43DB6D6133ED691283E5CD774BE91490FBFF616A5BEC572FA3EFAC8C73E0326D5BD9659B9BD00399F3E2BF14EBDFB90C7BE2F63C23EDA96123E414141BF8C6CC0BDBD8A303DCBD6133EA0F63A3DC54C43BEA63E0EBD1520B53D66A9A4BDED7EE4BDF251C03E226691BEDAB5D6BD60001CBF9C2F263E5F717E3EC37E283E5AF48C3E9762073E0371D23DB798113EFC3BA4BDF586B63EA629D6BD059EE0BEDA86823E4C220E3FAE7A93BEC7C4F9BC5B9152BE93D4E9BD628E623CE5BDBEBE2697AABD302CE1BE3E8F2EBE282EB6BEF6ABA2BED21604BFFA4ABB3E09621C3EE14213BF6E5837BE70F54DBE0F4254BEC73DDEBE4FBF673EFD37F3BDBBD00F3EC2D1213EB744D33ED8610BBF5086053FD9E3C23EBF0B303E540F373FB2E07B3DBB5B7C3E3ED762BEC03CAE3E7D394E3DD39B0ABEB994223FD844BBBD86382E3BE96A72BD612468BEF734233EE5D6623EFBB9D93DDC4A35BF0FD49A3EBB2FD7BDC8D3BABEF253393E48E82C3E5437A0BE11E23D3F74CCB9BE381805BFDF47B1BE203CDA3EBF1758BD7697E4BD42C298BCA04737BE860C54BE3EFB44BEE47B593EF5BD9C3EEE0FA2BE4FFB923D2423723E3828A6BE72631ABE58729FBE4F4DC6BE9456FA3CCF2362BE03E2413E599D10BCAD84FD3D2194B3BD3A1243BE9BD6DEBCB274C4BABDD658BED50C033E9C5A653E8640423D9A98033F2A4142BE5FED1F3E6D20FBBD0828903DDFF57EBE7048AB3E644B583DF720B73EE778C2BE9E9B17BE1E1989BE"> : tensor<8x8x3x3xf32>}> : () -> tensor<8x8x3x3xf32>
    %5 = "arith.constant"() <{value = dense<"0x10BDBABDBC30493C7872243E353C063FD06281BE04B60ABF09B614BE1502DD3C0903573D6BA2E23C34ADB53ED7EB953E602972BCB13E10BE7E96D4BDCCE9DABDBB9B8ABD238FF1BEB8A10DBEED8502BEA21868BDEF3D9CBDCB704E3EBB6923BE28BB06BECD7B263ED49390BD63FD843DB59E4D3E09A1013E27B3993D2D6371BD577A513E3DB7573D3D171BBE785039BDCC1ABBBEECB193BE7B9B10BFFCDF50BEC923CD3E10F42ABEBBEE713E5FA787BA673557BE4B8FCD3E88DA323ECD8906BF9AF59F3E8616A5BEE49E5ABD943E4D3ED33AB8BDACDEAB3E39DC693E4635F2BEBC2111BE5D4EAD3DBDA330BE5BE184BDA5B1753E65A1C23D37688DBE6B8E563DD8163CBE4FA7BABE9C93ADBE344EB03D3B2F0ABC6196D53AC60EB0BE3C0362BD174F9FBE4A4B8EBE63E84ABD217DD4BE52994D3E1CFE3E3F55F30C3EA030A0BECC9DA6BD4FEAEEBEEC01E8BDCAD81B3E1C0F353EC8799EBE8BCBB73DD19FB13E81CA063FC14857BEBABD84BE82BB853C99E060BF372223BEAE7CA6BD201C0DBE6F48F3BEDADD96BDFE926EBEE5B2683EE6138DBE0C79ADBD8B1F8FBDA25B2E3E868643BFAC47D1BD915A693EA438DEBD9C89EABE74A9C83D46DCCE3D4E30A6BD0725B2BE118963BEA2C5C0BD5B7B86BE3E7813BF2E536CBEEDBD97BCD4C41BBE52BAB9BC0D99CD3CC9B6893EF240293F6FCD603E73B4D7BEAB0D4CBF7626E8BCB971AF3CB876B2BEF522A73D969A6BBE7966F73D95FFC7BD7633F43D9DE005BF71B206BE439836BD5CDCDABE4790103F272026BEEA7FD53EFE154CBE564B8DBDEBD8B53ED5ABBA3D13FF6B3D4A65A33D84D7D1BE7857EFBDF9E892BEF894723DC11D27BE358F58BC47F4BDBC8AC432BC00CA2ABC1A6948BE14E5A1BE1B174CBE9A96A43E91E2E53D0D50343E8DF6D33E1D29B5BE4BA81C3EA221A5BEF969CDBD2CC2143EA5F6F73EF54770BEA6F8E8BC1599B13EA4D5E4BE707BDE3DF667BDBDA96D87BE122E343DE0C2363E39198CBE3A77E93D7C09553D16BEBEBEAF9AEE3EB868A73EB31584BE883634BEA0C86C3EB33318BE574A0DBFBA1BA13E5AA62C3BA975123FB8A0DB3D0BB16A3DFBC25C3FCB3053BDEC3292BEBAD18C3DB473AE3E64F6B2BE70828BBEE92B0A3E5F8E75BFE0D5A7BE6A5F743E1B3F34BEEBD3F9BE2FE2133F81A8D8BE25C720BE9901E5BDEF55CC3C2506E3BDD3FAC6BC774C8D3C1804D5BCD43AE53C96B336BFBD7E073E7DB9D7BEFC6526BFD02CD43E8574C5BEEE055D3DB6546DBEC16C50BE2994143EE201A1BE99F8E43DC1E5E93DF5DBB23EC591CEBD4AC1A03E3C26043FE4B6F33EF80A343EDCFB093E91D65A3F5E6E2B3F3D816BBEC9DD8D3E00EC383EC19AB13CE1633C3DFCD8153E70FA8F3E8769863DEFC4D03D2FD5D53E1335C33D506E273E6F19983E7EDEFA3E3679BC3EC8C2E73D175D7F3D0EF2BBBE7871B33D2E4F9FBEDE4A9DBE1BD6473EB22DF7BC1110113E649A40BE4481B83ED2AA303D616FB63E85E14E3EDB0E4B3DED0013BEB6DD1A3C665D7E3E0952563E4EA4B7BE768B9D3ED06C83BDF4727A3EB64456BEFCF2433E89B674BE24F41E3D0A1CB7BDAE74AFBD3D0E2EBECFB73CBD46AE05BF4EA5863E0FB7933E280508BE2AEED3BE4AAB46BEB68D913EF528403E8889B8BD48D2893EB1F89FBEAF333CBEA3CC113E73B7EBBC990235BE71EE40BF9A324E3E0BE5C63D40DB05BF896B383E96338DBBEC50AB3D832E913E124B63BEFA345B3E7B14523E09F0693E6748FB3E055D4A3EB2822CBEAE1D0A3F4E15AABE11260EBE7F2494BE828BFCBC983AA63E0657C73E7F640E3E78343BBE7F122ABE474D39BE395B923E943E8BBE8FCA843ED53420BC976A533D3033E83ECA0512BED53DFF3EF07DD8BE0F5E7DBEE170F2BE526965BEB70F333E61A1623E967BBC3DEF19A43D1839B4BE27CDCBBEC5B5BA3DED05CF3E73B9DFBDCBD9C2BE0B83EBBEA21851BE319EF23E35457FBD986D9FBEBD3A3BBE878B14BE6131A33DCFC14ABED9B188BE080967BDBDF90F3E9E465C3E9A1F293E068B0CBE932E02BFDE4D75BE248AAE3DADD8CCBE92359B3D993D35BE3CD732BECEF4AB3EAB63863DAB78D23EEE4490BE8EAEAD3E7FA28B3E270466BF21EFD8BCBCE2EC3EED046F3EE99207BEC4068FBDF725C8BE037E7D3D33B709BF7CF39BBE56E7AB3EA129CABBFB49DFBDC22402BDD593523F40019F3EEC466EBEA201003FF338DABCB63D633E803634BE000E90BEFB58763EB7336CBE5C0570BE48E8893E6B7EB2BE43FFD9BED270273ED88416BF1DEE66BE2AA7E0BDA0A3CEBE96A1ABBE618E4C3EE5AEB33DE44291BE71A8223E765CE93EB9FAC4BED18A963C8CCE173F92BF3B3E36DF793E96F275BD6D2275BE359FAF3E07D3483E2D3F7DBC7EF30EBEAE3906BFDC933F3D817E54BEC40522BDA71F4E3EA4E77B3E8BE05C3E5E302D3F54F6B23EFB3165BEE2617BBE4FCD323F18C64BBE1EEF58BC5401063F7CBC033F814386BC5BA6943D1E27FBBEBA858BBE4C6AE0BD2291DEBAEBA5C6BD8C233B3D4566283F41A50E3E71ABBD3D67A10F3A753D53BD5B61BD3EFD4198BEE74F1ABDB84FA8BE4621D63CFF49123DCB638D3EF9F5B73E81B14B3ED52DF93E7EFEF33EA3C1C13D6362E53DD9B414BFE7C1C43D4335C8BA2BAD01BF948504BE720F933E9746BEBEE998C63EBDDB113E57528CBD4CE42EBD20F47E3EB8DCDBBE04BB1C3FEBE179BE53186BBE9082BB3E3FB4723E8694CB3EA6A9A03EF741E73D780DC4BEA54111BEA1D7733D5BE9A8BB5AA71DBFB16BA03EA6F3043F92E2E03EDE579CBED3ED053EA75023BF1CCB013F89FB14BF7237FC3D7E92B23ED758C63EE355D33DD7FADABE4FA6F8BCD9DAA4BDE351E23DC1B7973E04614B3EAEF0223F28134B3EB6E3EEBD695DFA3EFE3EC1BD4C2DAD3DD2235E3DC31E30BF0414AA3DF8D4B13DC1D780BD0A9D2DBDCD48C5BE6EA9CA3C70D9E63E2FD459BDA56520BEBFB13ABE90E91A3F582AD0BEC7C8813E20E7083D5D86133F0F69C93EE70CD9BC04C5ECBEBA97DB3E9DF4DF3E84B6A9BE8CEF643ED8FE75BE17726EBEC730F7BE544B8F3ED094A63D0BE9173EA419DF3EC9664D3EE493333E4D2D663EAC84A3BE2D6729BC2248B9BE073A8ABEF3A5E1BC1F1BA33E22121E3F88AFA6BE09FD543DFE44AEBC80F7213E94EA323EECABDE3DEE8E94BE157DF23DB70F893EB3B61DBE4EEC173FA75490BDCBB842BE6418B63D53439EBD6DFFD1BE"> : tensor<8x8x3x3xf32>}> : () -> tensor<8x8x3x3xf32>
    %6 = "arith.constant"() <{value = dense<[[0.363812983, -0.224926636, -0.679956257, -0.107367747, 0.0978409349, 0.0400653407, 0.0310793854, 0.0889268667], [6.496670e-02, -0.0648114905, -0.180414408, -0.079740256, -0.105501771, -0.0908767953, -0.330886036, -0.162778318], [0.0246678572, 0.0928256809, -0.0192086846, -0.0550979748, 0.160334975, 0.244340613, 0.204023972, -0.524972737], [-0.136621535, 0.211696371, 0.154619202, 0.203943178, 0.0943054556, -0.256061047, 0.366769373, -0.40787667], [0.295727342, -4.912540e-03, -0.441796273, -0.118847646, 0.361125559, -0.176520512, -0.363180727, -0.0866370871], [-0.245422497, -3.751800e-01, 0.131261334, 0.239451692, -0.165519431, 0.157086879, -0.116108112, -0.0299142394], [0.0370207243, 0.447985083, 0.152267665, -0.299733937, 0.154748783, -0.0663564876, -0.139908135, -0.251928419], [-0.00787807908, -0.0180397313, -0.120654717, -0.417344242, -0.512151718, 0.0383953489, 0.0534614287, 0.654938579], [-0.0535989068, 0.30642724, 0.358561158, -0.0183200277, 0.0230403021, -0.128953129, 0.532547772, -0.452529669], [-0.0118938452, 0.41523692, -0.0323040187, -0.171281263, 0.0698647946, 0.158096418, 0.170232922, 8.449300e-02]]> : tensor<10x8xf32>}> : () -> tensor<10x8xf32>
    %7 = "arith.constant"() <{value = dense<[0.225027353, 0.283710331, -0.332064897, -0.113667555, 0.260907412, 0.146586016, 0.0703800395, 0.201743677, 0.285646141, -0.257414132]> : tensor<10xf32>}> : () -> tensor<10xf32>
    %8 = "arith.constant"() <{value = dense<[[[[0.361318886]], [[0.477210253]], [[-0.376841456]], [[-0.354504883]], [[-0.530553579]], [[-0.289156288]], [[-0.931901097]], [[-0.342683673]]]]> : tensor<1x8x1x1xf32>}> : () -> tensor<1x8x1x1xf32>
    %9 = "arith.constant"() <{value = dense<[[[[0.889074683]], [[0.60370177]], [[0.756375312]], [[0.646690726]], [[1.02820015]], [[0.559765399]], [[0.614600718]], [[1.26572728]]]]> : tensor<1x8x1x1xf32>}> : () -> tensor<1x8x1x1xf32>
    %10 = "arith.constant"() <{value = 9.99999974E-6 : f32}> : () -> f32
    %11 = "arith.constant"() <{value = dense<[[[[0.50216341]], [[0.668359458]], [[7.602850e-01]], [[1.41981101]], [[0.523203492]], [[1.10499823]], [[0.694580197]], [[0.703411937]]]]> : tensor<1x8x1x1xf32>}> : () -> tensor<1x8x1x1xf32>
    %12 = "arith.constant"() <{value = dense<[[[[-0.150002524]], [[0.408133894]], [[0.3007195]], [[-0.0457015932]], [[-0.141664788]], [[-0.301440328]], [[-0.20998998]], [[-0.44194296]]]]> : tensor<1x8x1x1xf32>}> : () -> tensor<1x8x1x1xf32>
    %13 = "arith.constant"() <{value = dense<[[[[-0.276565343]], [[0.154711291]], [[-0.0309656821]], [[0.0119575262]], [[-0.267357111]], [[0.241127297]], [[0.207694188]], [[0.258457184]]]]> : tensor<1x8x1x1xf32>}> : () -> tensor<1x8x1x1xf32>
    %14 = "arith.constant"() <{value = dense<[[[[1.16821575]], [[0.515755832]], [[0.861020863]], [[0.537148356]], [[0.618226171]], [[0.609601259]], [[0.579377532]], [[0.697476863]]]]> : tensor<1x8x1x1xf32>}> : () -> tensor<1x8x1x1xf32>
    %15 = "arith.constant"() <{value = dense<[[[[0.659582555]], [[0.707782924]], [[0.536162257]], [[0.50517416]], [[0.512295485]], [[0.666657149]], [[0.556227565]], [[0.762684643]]]]> : tensor<1x8x1x1xf32>}> : () -> tensor<1x8x1x1xf32>
    %16 = "arith.constant"() <{value = dense<[[[[-0.270682693]], [[2.66587507E-4]], [[-0.0222212672]], [[0.140506402]], [[-0.0191575754]], [[-0.00469944114]], [[-0.29732874]], [[0.00651115226]]]]> : tensor<1x8x1x1xf32>}> : () -> tensor<1x8x1x1xf32>
    %17 = "arith.constant"() <{value = dense<[[[[0.293875545]], [[-7.209230e-01]], [[0.271032125]], [[-0.314234346]], [[0.334220588]], [[0.100993298]], [[0.189167947]], [[-0.162277728]]]]> : tensor<1x8x1x1xf32>}> : () -> tensor<1x8x1x1xf32>
    %18 = "arith.constant"() <{value = dense<[[[[0.584795415]], [[1.06016374]], [[8.285740e-01]], [[0.599251628]], [[1.2767241]], [[0.818445086]], [[1.00303221]], [[0.76283884]]]]> : tensor<1x8x1x1xf32>}> : () -> tensor<1x8x1x1xf32>
    %19 = "arith.constant"() <{value = dense<[[[[5.078470e-01]], [[0.97871077]], [[1.10075974]], [[0.670112431]], [[0.771582365]], [[0.539758861]], [[5.851660e-01]], [[0.880211353]]]]> : tensor<1x8x1x1xf32>}> : () -> tensor<1x8x1x1xf32>
    %20 = "arith.constant"() <{value = dense<[[[[0.255621463]], [[0.0462961271]], [[-0.278623283]], [[-0.337194264]], [[-0.0192054324]], [[9.708400e-02]], [[0.150951579]], [[0.234590814]]]]> : tensor<1x8x1x1xf32>}> : () -> tensor<1x8x1x1xf32>
    %21 = "arith.constant"() <{value = 1.600000e+01 : f32}> : () -> f32
    %22 = "tensor.pad"(%arg0) <{operandSegmentSizes = array<i32: 1, 0, 0>, static_high = array<i64: 0, 0, 1, 1>, static_low = array<i64: 0, 0, 1, 1>}> ({
    ^bb0(%arg124: index, %arg125: index, %arg126: index, %arg127: index):
      "tensor.yield"(%1) : (f32) -> ()
    }) : (tensor<1x3x16x16xf32>) -> tensor<1x3x18x18xf32>
    %23 = "tensor.empty"() : () -> tensor<1x8x8x8xf32>
    %24 = "linalg.fill"(%1, %23) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg122: f32, %arg123: f32):
      "linalg.yield"(%arg122) : (f32) -> ()
    }) : (f32, tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
    %25 = "linalg.conv_2d_nchw_fchw"(%22, %3, %24) <{dilations = dense<1> : vector<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<2> : vector<2xi64>}> ({
    ^bb0(%arg119: f32, %arg120: f32, %arg121: f32):
      %126 = "arith.mulf"(%arg119, %arg120) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %127 = "arith.addf"(%arg121, %126) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%127) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map, #map1, #map2]} : (tensor<1x3x18x18xf32>, tensor<8x3x3x3xf32>, tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
    %26 = "tensor.empty"() : () -> tensor<1x8x1x1xf32>
    %27 = "linalg.generic"(%9, %26) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg117: f32, %arg118: f32):
      %125 = "arith.addf"(%arg117, %10) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%125) : (f32) -> ()
    }) : (tensor<1x8x1x1xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32>
    %28 = "linalg.generic"(%27, %26) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg115: f32, %arg116: f32):
      %124 = "math.rsqrt"(%arg115) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
      "linalg.yield"(%124) : (f32) -> ()
    }) : (tensor<1x8x1x1xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32>
    %29 = "linalg.generic"(%25, %8, %23) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg112: f32, %arg113: f32, %arg114: f32):
      %123 = "arith.subf"(%arg112, %arg113) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%123) : (f32) -> ()
    }) : (tensor<1x8x8x8xf32>, tensor<1x8x1x1xf32>, tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
    %30 = "linalg.generic"(%29, %28, %23) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg109: f32, %arg110: f32, %arg111: f32):
      %122 = "arith.mulf"(%arg109, %arg110) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%122) : (f32) -> ()
    }) : (tensor<1x8x8x8xf32>, tensor<1x8x1x1xf32>, tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
    %31 = "linalg.generic"(%30, %11, %23) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg106: f32, %arg107: f32, %arg108: f32):
      %121 = "arith.mulf"(%arg106, %arg107) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%121) : (f32) -> ()
    }) : (tensor<1x8x8x8xf32>, tensor<1x8x1x1xf32>, tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
    %32 = "linalg.generic"(%31, %12, %23) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg103: f32, %arg104: f32, %arg105: f32):
      %120 = "arith.addf"(%arg103, %arg104) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%120) : (f32) -> ()
    }) : (tensor<1x8x8x8xf32>, tensor<1x8x1x1xf32>, tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
    %33 = "linalg.generic"(%32, %23) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg101: f32, %arg102: f32):
      %118 = "arith.cmpf"(%arg101, %1) <{fastmath = #arith.fastmath<none>, predicate = 9 : i64}> : (f32, f32) -> i1
      %119 = "arith.select"(%118, %arg101, %1) : (i1, f32, f32) -> f32
      "linalg.yield"(%119) : (f32) -> ()
    }) : (tensor<1x8x8x8xf32>, tensor<1x8x8x8xf32>) -> tensor<1x8x8x8xf32>
    %34 = "tensor.pad"(%33) <{operandSegmentSizes = array<i32: 1, 0, 0>, static_high = array<i64: 0, 0, 1, 1>, static_low = array<i64: 0, 0, 1, 1>}> ({
    ^bb0(%arg97: index, %arg98: index, %arg99: index, %arg100: index):
      "tensor.yield"(%2) : (f32) -> ()
    }) : (tensor<1x8x8x8xf32>) -> tensor<1x8x10x10xf32>
    %35 = "tensor.empty"() : () -> tensor<1x8x4x4xf32>
    %36 = "linalg.fill"(%2, %35) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg95: f32, %arg96: f32):
      "linalg.yield"(%arg95) : (f32) -> ()
    }) : (f32, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
    %37 = "tensor.empty"() : () -> tensor<3x3xf32>
    %38 = "linalg.pooling_nchw_max"(%34, %37, %36) <{dilations = dense<1> : vector<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<2> : vector<2xi64>}> ({
    ^bb0(%arg92: f32, %arg93: f32, %arg94: f32):
      %117 = "arith.maximumf"(%arg94, %arg92) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%117) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map5, #map6, #map7]} : (tensor<1x8x10x10xf32>, tensor<3x3xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
    %39 = "tensor.pad"(%38) <{operandSegmentSizes = array<i32: 1, 0, 0>, static_high = array<i64: 0, 0, 1, 1>, static_low = array<i64: 0, 0, 1, 1>}> ({
    ^bb0(%arg88: index, %arg89: index, %arg90: index, %arg91: index):
      "tensor.yield"(%1) : (f32) -> ()
    }) : (tensor<1x8x4x4xf32>) -> tensor<1x8x6x6xf32>
    %40 = "linalg.fill"(%1, %35) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg86: f32, %arg87: f32):
      "linalg.yield"(%arg86) : (f32) -> ()
    }) : (f32, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
    %41 = "linalg.conv_2d_nchw_fchw"(%39, %4, %40) <{dilations = dense<1> : vector<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<1> : vector<2xi64>}> ({
    ^bb0(%arg83: f32, %arg84: f32, %arg85: f32):
      %115 = "arith.mulf"(%arg83, %arg84) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %116 = "arith.addf"(%arg85, %115) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%116) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map8, #map1, #map2]} : (tensor<1x8x6x6xf32>, tensor<8x8x3x3xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
    %42 = "linalg.generic"(%14, %26) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg81: f32, %arg82: f32):
      %114 = "arith.addf"(%arg81, %10) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%114) : (f32) -> ()
    }) : (tensor<1x8x1x1xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32>
    %43 = "linalg.generic"(%42, %26) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg79: f32, %arg80: f32):
      %113 = "math.rsqrt"(%arg79) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
      "linalg.yield"(%113) : (f32) -> ()
    }) : (tensor<1x8x1x1xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32>
    %44 = "linalg.generic"(%41, %13, %35) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg76: f32, %arg77: f32, %arg78: f32):
      %112 = "arith.subf"(%arg76, %arg77) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%112) : (f32) -> ()
    }) : (tensor<1x8x4x4xf32>, tensor<1x8x1x1xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
    %45 = "linalg.generic"(%44, %43, %35) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg73: f32, %arg74: f32, %arg75: f32):
      %111 = "arith.mulf"(%arg73, %arg74) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%111) : (f32) -> ()
    }) : (tensor<1x8x4x4xf32>, tensor<1x8x1x1xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
    %46 = "linalg.generic"(%45, %15, %35) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg70: f32, %arg71: f32, %arg72: f32):
      %110 = "arith.mulf"(%arg70, %arg71) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%110) : (f32) -> ()
    }) : (tensor<1x8x4x4xf32>, tensor<1x8x1x1xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
    %47 = "linalg.generic"(%46, %16, %35) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg67: f32, %arg68: f32, %arg69: f32):
      %109 = "arith.addf"(%arg67, %arg68) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%109) : (f32) -> ()
    }) : (tensor<1x8x4x4xf32>, tensor<1x8x1x1xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
    %48 = "linalg.generic"(%47, %35) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg65: f32, %arg66: f32):
      %107 = "arith.cmpf"(%arg65, %1) <{fastmath = #arith.fastmath<none>, predicate = 9 : i64}> : (f32, f32) -> i1
      %108 = "arith.select"(%107, %arg65, %1) : (i1, f32, f32) -> f32
      "linalg.yield"(%108) : (f32) -> ()
    }) : (tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
    %49 = "tensor.pad"(%48) <{operandSegmentSizes = array<i32: 1, 0, 0>, static_high = array<i64: 0, 0, 1, 1>, static_low = array<i64: 0, 0, 1, 1>}> ({
    ^bb0(%arg61: index, %arg62: index, %arg63: index, %arg64: index):
      "tensor.yield"(%1) : (f32) -> ()
    }) : (tensor<1x8x4x4xf32>) -> tensor<1x8x6x6xf32>
    %50 = "linalg.conv_2d_nchw_fchw"(%49, %5, %40) <{dilations = dense<1> : vector<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<1> : vector<2xi64>}> ({
    ^bb0(%arg58: f32, %arg59: f32, %arg60: f32):
      %105 = "arith.mulf"(%arg58, %arg59) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %106 = "arith.addf"(%arg60, %105) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%106) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map8, #map1, #map2]} : (tensor<1x8x6x6xf32>, tensor<8x8x3x3xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
    %51 = "linalg.generic"(%18, %26) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg56: f32, %arg57: f32):
      %104 = "arith.addf"(%arg56, %10) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%104) : (f32) -> ()
    }) : (tensor<1x8x1x1xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32>
    %52 = "linalg.generic"(%51, %26) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg54: f32, %arg55: f32):
      %103 = "math.rsqrt"(%arg54) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
      "linalg.yield"(%103) : (f32) -> ()
    }) : (tensor<1x8x1x1xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32>
    %53 = "linalg.generic"(%50, %17, %35) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg51: f32, %arg52: f32, %arg53: f32):
      %102 = "arith.subf"(%arg51, %arg52) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%102) : (f32) -> ()
    }) : (tensor<1x8x4x4xf32>, tensor<1x8x1x1xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
    %54 = "linalg.generic"(%53, %52, %35) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg48: f32, %arg49: f32, %arg50: f32):
      %101 = "arith.mulf"(%arg48, %arg49) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%101) : (f32) -> ()
    }) : (tensor<1x8x4x4xf32>, tensor<1x8x1x1xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
    %55 = "linalg.generic"(%54, %19, %35) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg45: f32, %arg46: f32, %arg47: f32):
      %100 = "arith.mulf"(%arg45, %arg46) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%100) : (f32) -> ()
    }) : (tensor<1x8x4x4xf32>, tensor<1x8x1x1xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
    %56 = "linalg.generic"(%55, %20, %35) <{indexing_maps = [#map3, #map4, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg42: f32, %arg43: f32, %arg44: f32):
      %99 = "arith.addf"(%arg42, %arg43) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%99) : (f32) -> ()
    }) : (tensor<1x8x4x4xf32>, tensor<1x8x1x1xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
    %57 = "linalg.generic"(%56, %38, %35) <{indexing_maps = [#map3, #map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg39: f32, %arg40: f32, %arg41: f32):
      %98 = "arith.addf"(%arg39, %arg40) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%98) : (f32) -> ()
    }) : (tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
    %58 = "linalg.generic"(%57, %35) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg37: f32, %arg38: f32):
      %96 = "arith.cmpf"(%arg37, %1) <{fastmath = #arith.fastmath<none>, predicate = 9 : i64}> : (f32, f32) -> i1
      %97 = "arith.select"(%96, %arg37, %1) : (i1, f32, f32) -> f32
      "linalg.yield"(%97) : (f32) -> ()
    }) : (tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
    %59 = "linalg.fill"(%1, %26) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg35: f32, %arg36: f32):
      "linalg.yield"(%arg35) : (f32) -> ()
    }) : (f32, tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32>
    %60 = "tensor.empty"() : () -> tensor<4x4xf32>
    %61 = "linalg.pooling_nchw_sum"(%58, %60, %59) <{dilations = dense<1> : vector<2xi64>, operandSegmentSizes = array<i32: 2, 1>, strides = dense<1> : vector<2xi64>}> ({
    ^bb0(%arg32: f32, %arg33: f32, %arg34: f32):
      %95 = "arith.addf"(%arg34, %arg32) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%95) : (f32) -> ()
    }) {linalg.memoized_indexing_maps = [#map9, #map6, #map7]} : (tensor<1x8x4x4xf32>, tensor<4x4xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32>
    %62 = "linalg.generic"(%61, %26) <{indexing_maps = [#map3, #map3], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg30: f32, %arg31: f32):
      %94 = "arith.divf"(%arg30, %21) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%94) : (f32) -> ()
    }) : (tensor<1x8x1x1xf32>, tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32>
    %63 = "tensor.collapse_shape"(%62) <{reassociation = [[0], [1, 2, 3]]}> : (tensor<1x8x1x1xf32>) -> tensor<1x8xf32>
    %64 = "tensor.empty"() : () -> tensor<8x10xf32>
    %65 = "linalg.transpose"(%6, %64) <{permutation = array<i64: 1, 0>}> ({
    ^bb0(%arg28: f32, %arg29: f32):
      "linalg.yield"(%arg28) : (f32) -> ()
    }) : (tensor<10x8xf32>, tensor<8x10xf32>) -> tensor<8x10xf32>
    %66 = "tensor.empty"() : () -> tensor<1x10xf32>
    %67 = "linalg.fill"(%1, %66) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg26: f32, %arg27: f32):
      "linalg.yield"(%arg26) : (f32) -> ()
    }) : (f32, tensor<1x10xf32>) -> tensor<1x10xf32>
    %68 = "linalg.matmul"(%63, %65, %67) <{indexing_maps = [#map10, #map11, #map12], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg23: f32, %arg24: f32, %arg25: f32):
      %92 = "arith.mulf"(%arg23, %arg24) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %93 = "arith.addf"(%arg25, %92) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%93) : (f32) -> ()
    }) : (tensor<1x8xf32>, tensor<8x10xf32>, tensor<1x10xf32>) -> tensor<1x10xf32>
    %69 = "linalg.generic"(%68, %7, %66) <{indexing_maps = [#map13, #map14, #map13], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg20: f32, %arg21: f32, %arg22: f32):
      %91 = "arith.addf"(%arg20, %arg21) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%91) : (f32) -> ()
    }) : (tensor<1x10xf32>, tensor<10xf32>, tensor<1x10xf32>) -> tensor<1x10xf32>
    %70 = "tensor.empty"() : () -> tensor<1xi64>
    %71 = "linalg.fill"(%0, %70) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg18: i64, %arg19: i64):
      "linalg.yield"(%arg18) : (i64) -> ()
    }) : (i64, tensor<1xi64>) -> tensor<1xi64>
    %72 = "tensor.empty"() : () -> tensor<1xf32>
    %73 = "linalg.fill"(%2, %72) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg16: f32, %arg17: f32):
      "linalg.yield"(%arg16) : (f32) -> ()
    }) : (f32, tensor<1xf32>) -> tensor<1xf32>
    %74:2 = "linalg.generic"(%69, %73, %71) <{indexing_maps = [#map13, #map15, #map15], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>], operandSegmentSizes = array<i32: 1, 2>}> ({
    ^bb0(%arg13: f32, %arg14: f32, %arg15: i64):
      %86 = "linalg.index"() <{dim = 1 : i64}> : () -> index
      %87 = "arith.index_cast"(%86) : (index) -> i64
      %88 = "arith.maximumf"(%arg13, %arg14) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      %89 = "arith.cmpf"(%arg13, %arg14) <{fastmath = #arith.fastmath<none>, predicate = 2 : i64}> : (f32, f32) -> i1
      %90 = "arith.select"(%89, %87, %arg15) : (i1, i64, i64) -> i64
      "linalg.yield"(%88, %90) : (f32, i64) -> ()
    }) : (tensor<1x10xf32>, tensor<1xf32>, tensor<1xi64>) -> (tensor<1xf32>, tensor<1xi64>)
    %75 = "tensor.expand_shape"(%74#0) <{reassociation = [[0, 1]], static_output_shape = array<i64: 1, 1>}> : (tensor<1xf32>) -> tensor<1x1xf32>
    %76 = "linalg.generic"(%69, %75, %66) <{indexing_maps = [#map13, #map16, #map13], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg10: f32, %arg11: f32, %arg12: f32):
      %85 = "arith.subf"(%arg10, %arg11) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%85) : (f32) -> ()
    }) : (tensor<1x10xf32>, tensor<1x1xf32>, tensor<1x10xf32>) -> tensor<1x10xf32>
    %77 = "linalg.generic"(%76, %66) <{indexing_maps = [#map13, #map13], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg8: f32, %arg9: f32):
      %84 = "math.exp"(%arg8) <{fastmath = #arith.fastmath<none>}> : (f32) -> f32
      "linalg.yield"(%84) : (f32) -> ()
    }) : (tensor<1x10xf32>, tensor<1x10xf32>) -> tensor<1x10xf32>
    %78 = "tensor.empty"() : () -> tensor<1x1xf32>
    %79 = "linalg.fill"(%1, %78) <{operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg6: f32, %arg7: f32):
      "linalg.yield"(%arg6) : (f32) -> ()
    }) : (f32, tensor<1x1xf32>) -> tensor<1x1xf32>
    %80 = "linalg.generic"(%77, %79) <{indexing_maps = [#map13, #map16], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>], operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%arg4: f32, %arg5: f32):
      %83 = "arith.addf"(%arg4, %arg5) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%83) : (f32) -> ()
    }) : (tensor<1x10xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
    %81 = "linalg.generic"(%77, %80, %66) <{indexing_maps = [#map13, #map16, #map13], iterator_types = [#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>], operandSegmentSizes = array<i32: 2, 1>}> ({
    ^bb0(%arg1: f32, %arg2: f32, %arg3: f32):
      %82 = "arith.divf"(%arg1, %arg2) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
      "linalg.yield"(%82) : (f32) -> ()
    }) : (tensor<1x10xf32>, tensor<1x1xf32>, tensor<1x10xf32>) -> tensor<1x10xf32>
    "func.return"(%81) : (tensor<1x10xf32>) -> ()
  }) : () -> ()
}) : () -> ()

