! fortran_host ADDRESS MODE FOLDER: the module femd against what femd eval has written into FOLDER, to the bit.
program fortran_host
    use, intrinsic :: iso_c_binding, only: c_double, c_int32_t, c_int64_t
    use, intrinsic :: ieee_arithmetic, only: ieee_is_nan
    use :: femd
    implicit none
    character(len=200) :: address, mode, folder
    integer :: failures = 0
    type(femd_client) :: pool
    type(femd_material) :: copper
    real(c_double) :: F(3, 3)

    call get_command_argument(1, address)
    call get_command_argument(2, mode)
    call get_command_argument(3, folder)
    F = transpose(reshape([1.01d0, 0.002d0, 0d0, 0d0, 1d0, 0d0, 0.001d0, 0d0, 0.999d0], [3, 3]))
    call pool%open(address, run="fortran-"//trim(mode))
    call pool%material(trim(folder)//"/copper.json", "", copper)
    select case (mode)
    case ("first")
        call figures()
        call words()
        call goes_on(.true.)
    case ("again")
        call goes_on(.false.)
    case ("stops")
        call pool%material(trim(folder)//"/nothing.json", "", copper)
    end select
    call pool%close()
    call pool%close()
    if (failures > 0) error stop 1

contains

    subroutine check(right, what)
        logical, intent(in) :: right
        character(len=*), intent(in) :: what
        if (right) return
        failures = failures + 1
        print "(2a)", "FAILED: ", what
    end subroutine

    subroutine numbers(name, values)
        character(len=*), intent(in) :: name
        real(c_double), intent(out) :: values(:)
        integer :: unit
        open (newunit=unit, file=trim(folder)//"/"//name, status="old", action="read")
        read (unit, *) values
        close (unit)
    end subroutine

    subroutine figures()
        integer, parameter :: abaqus_of(6) = [1, 2, 3, 6, 5, 4], n = 3
        real(c_double) :: P_eval(9), A_eval(81), S_eval(6), D_eval(36), sigma_eval(6), E_eval(6), energy_eval(1), Q(3, 3)
        real(c_double) :: P(3, 3, n), A(3, 3, 3, 3, n), stress(6, n), tangent(6, 6, n), strain(6, n), energy(n), J(n), &
                          error(n), other_P(3, 3, n), temperature(n)
        integer(c_int32_t) :: point_stat(n), notes(n)
        type(femd_material) :: grain
        integer :: i, k, stat
        call numbers("first_piola", P_eval)
        call numbers("A", A_eval)
        call numbers("stress", S_eval)
        call numbers("tangent", D_eval)
        call numbers("cauchy", sigma_eval)
        call numbers("strain", E_eval)
        call numbers("energy_density", energy_eval)
        P = 0
        A = 0
        temperature = 0
        call pool%piola(copper, spread(F, 3, n), P, A, increment=1, energy=energy, J=J, error=error, notes=notes, &
                        point_stat=point_stat, temperature=temperature, seed=3_c_int64_t, stat=stat)
        call check(stat == FEMD_OK .and. all(point_stat == FEMD_OK), "piola's status")
        do i = 1, n
            call check(all(P(:, :, i) == transpose(reshape(P_eval, [3, 3]))), "P")
            call check(all(A(:, :, :, :, i) == reshape(A_eval, [3, 3, 3, 3], order=[4, 3, 2, 1])), "A")
        end do
        call check(all(energy == energy_eval(1)), "energy")
        call check(all(abs(J - 1.00899d0) < 1d-12) .and. all(error == 0), "J or error")
        call check(pool%reused() > 0, "nothing is reused")

        strain = spread(E_eval, 2, n)
        call pool%green(copper, strain, stress, tangent, order=FEMD_VOIGT)
        call check(all(stress == spread(S_eval, 2, n)), "S in Voigt's order")
        call check(all(tangent(:, :, 2) == reshape(D_eval, [6, 6])), "dS/dE in Voigt's order") ! symmetric but for round-off
        strain = spread(E_eval(abaqus_of), 2, n)
        call pool%small(copper, strain, stress, tangent)
        call check(all(stress == spread(S_eval(abaqus_of), 2, n)), "stress of small strains")
        do k = 1, 6
            call check(all(tangent(:, k, n) == D_eval(6*(abaqus_of(k) - 1) + abaqus_of)), "tangent of small strains")
        end do
        call pool%cauchy(copper, spread(F, 3, n), stress)
        call check(all(stress == spread(sigma_eval(abaqus_of), 2, n)), "Cauchy stress")

        call pool%orientation(copper, Q)
        call check(all(abs(matmul(Q, transpose(Q)) - reshape([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3])) < 1d-12), "Q")
        call check(abs(Q(1, 2) - Q(2, 1)) > 0.1d0, "copper is not turned")
        call pool%turned(copper, Q, grain)
        call pool%piola(grain, spread(F, 3, n), other_P)
        call check(all(abs(other_P - P) < 1d-12*maxval(abs(P))), "the same grain answers otherwise")
        call pool%turned(copper, transpose(Q), grain)
        call pool%piola(grain, spread(F, 3, n), other_P)
        call check(any(abs(other_P - P) > 1d-4*maxval(abs(P))), "another grain answers the same")
    end subroutine

    !> What fails says why, and the rest of the points is right.
    subroutine words()
        real(c_double) :: deformations(3, 3, 2), P(3, 3, 2), wrong(2, 3, 2), tokens(6, 2), good(3, 3, 2), cold(2)
        integer(c_int32_t) :: point_stat(2)
        integer :: stat
        character(len=300) :: said
        type(femd_material) :: other
        type(femd_client) :: nobody
        deformations = spread(F, 3, 2)
        call pool%piola(copper, deformations, good)
        deformations(:, :, 2) = -F
        said = ""
        call pool%piola(copper, deformations, P, point_stat=point_stat, stat=stat, errmsg=said)
        call check(femd_is_physics(stat) .and. femd_status_name(stat) == "OUT_OF_DOMAIN", "a reflection is no reason to cut")
        call check(index(said, "det F") > 0, trim(said))
        call check(point_stat(1) == FEMD_OK .and. point_stat(2) == stat, "status of the points")
        call check(all(P(:, :, 1) == good(:, :, 1)) .and. all(ieee_is_nan(P(:, :, 2))), "what failed has numbers")
        call pool%piola(copper, wrong, P, stat=stat, errmsg=said)
        call check(stat /= FEMD_OK .and. .not. femd_is_physics(stat) .and. index(said, "F(3,3,n)") > 0, trim(said))
        call pool%piola(copper, good, P, temperature=cold(1:1), stat=stat, errmsg=said)
        call check(stat /= FEMD_OK .and. index(said, "another size") > 0, trim(said))
        cold = -1
        call pool%piola(copper, good, P, temperature=cold, stat=stat, errmsg=said)
        call check(stat /= FEMD_OK .and. index(said, "temperature is -1 K") > 0, trim(said))
        tokens = 0
        tokens(3, 2) = 17
        call pool%piola(copper, good, P, tokens=tokens, stat=stat, errmsg=said)
        call check(stat /= FEMD_OK .and. .not. femd_is_physics(stat) .and. index(said, "token") > 0, trim(said))
        call pool%material_text('{"engine": "elastic", "young": 1e9}', other, stat=stat, errmsg=said)
        call check(stat /= FEMD_OK .and. index(said, "poisson") > 0, trim(said))
        call pool%material_text('{"engine": "elastic", "young": 1e9, "poisson": 0.3}', other)
        call check(pool%remarks(other) == "" .and. index(pool%remarks(copper), "F''") > 0, pool%remarks(copper))
        call check(index(pool%status(), '"workers"') > 0, "no status")
        call check(femd_version() == "0.1.0", femd_version())
        call nobody%piola(copper, good, P, stat=stat, errmsg=said)
        call check(stat /= FEMD_OK .and. nobody%reused() == 0, "a client that is not open answers")
        call nobody%open("ipc:///nowhere/socket", connect_timeout=0.1d0, stat=stat, errmsg=said)
        call check(stat /= FEMD_OK .and. index(said, "nowhere") > 0, trim(said))
    end subroutine

    !> Two increments; what the second gives is in a file, and a later process with another server gives the same.
    subroutine goes_on(begins)
        logical, intent(in) :: begins
        integer, parameter :: n = 2
        real(c_double) :: tokens(6, n), fresh(6, n), loads(3, 3, n), P(3, 3, n), before(3, 3, n), virgin(3, 3, n)
        integer :: unit
        loads(:, :, 1) = F
        loads(:, :, 2) = matmul(F, F)
        tokens = 0
        if (begins) then
            call pool%piola(copper, loads, virgin, tokens=tokens, new_tokens=fresh, increment=1)
            call pool%abort() ! given up, and tried again
            call pool%piola(copper, loads, P, tokens=tokens, new_tokens=fresh, increment=1)
            call check(all(P == virgin), "the same from the same")
            call check(all(fresh == aint(fresh)) .and. any(fresh(:, 1) /= fresh(:, 2)), "tokens")
            call pool%commit(1, fresh)
            tokens = fresh
            call pool%save(trim(folder)//"/states", tokens)
        else
            open (newunit=unit, file=trim(folder)//"/kept", form="unformatted", action="read")
            read (unit) tokens, before
            close (unit)
            call pool%load(trim(folder)//"/states")
        end if
        loads = loads*1.002d0
        call pool%piola(copper, loads, P, tokens=tokens, new_tokens=fresh, increment=2)
        call pool%commit(2, fresh)
        if (begins) then
            open (newunit=unit, file=trim(folder)//"/kept", form="unformatted", action="write")
            write (unit) tokens, P
            close (unit)
        else
            call check(all(P == before), "another server answers otherwise")
            print "(a)", "goes on"
        end if
    end subroutine
end program fortran_host
